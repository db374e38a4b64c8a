import { createPrivateKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { NO_HASH, seal } from '../../model/audit.ts';
import type { AuditEntry, AuditRecord } from '../../model/audit.ts';
import type { Secret } from '../../config/secret.ts';
import type { Db } from '../db.ts';
import { readAuditHeads, writeAudit } from './entries.ts';

/** How many entries wait in memory while ClickHouse is away; then recording itself fails. */
const MAX_WAITING = 20_000;

/** A process's chain of decisions. */
export interface Audit {
  readonly chain: string;
  /** Appends decisions; resolves when they are kept. What cannot be kept now is kept by a later call. */
  record(records: readonly AuditRecord[]): Promise<void>;
  /** Keeps what could not be kept before; rejects when it still cannot. */
  flush(): Promise<void>;
}

export interface AuditOptions {
  db: Db;
  /** `alerting`, `console`, `cli`. */
  stage: string;
  /** Epoch ms. */
  now: () => number;
  /** PKCS#8 PEM of an Ed25519 key (`alerting.audit_key`). */
  signingKey?: Secret | undefined;
}

function signingKeyOf(secret: Secret | undefined): KeyObject | null {
  if (secret === undefined) return null;
  let key: KeyObject;
  try {
    key = createPrivateKey(secret.reveal());
  } catch {
    throw new Error('alerting.audit_key: expected a PKCS#8 PEM private key');
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error('alerting.audit_key: expected an Ed25519 key');
  return key;
}

/** Begins this process's chain; its first entry vouches for the ends of all others. */
export function openAudit({ db, stage, now, signingKey }: AuditOptions): Audit {
  const key = signingKeyOf(signingKey);
  const chain = `${stage}:${randomBytes(6).toString('hex')}`;
  const waiting: AuditEntry[] = [];
  let last = { seq: -1, hash: NO_HASH };
  let turn: Promise<void> = Promise.resolve();

  const append = async (records: readonly AuditRecord[]): Promise<void> => {
    if (waiting.length + records.length > MAX_WAITING) {
      throw new Error('the audit chain cannot be kept: ClickHouse has been away for too long');
    }
    const links = last.seq < 0 ? await readAuditHeads(db) : [];
    for (const record of records) {
      const seq = last.seq + 1;
      const entry = { ...record, chain, seq, at: Math.round(now()), previous: last.hash };
      const sealed = seal({ ...entry, links: seq === 0 ? links : [] }, key);
      last = { seq, hash: sealed.hash };
      waiting.push(sealed);
    }
    const batch = [...waiting];
    await writeAudit(db, batch);
    waiting.splice(0, batch.length);
  };
  const record = async (records: readonly AuditRecord[]): Promise<void> => {
    // One at a time: each entry continues the one before it.
    const mine = turn.then(async () => append(records));
    turn = mine.catch(() => undefined);
    return mine;
  };
  return {
    chain,
    record,
    flush: async () => (waiting.length === 0 ? turn : record([])),
  };
}
