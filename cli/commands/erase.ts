import { createHash, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { userInfo } from 'node:os';
import { Command } from 'commander';
import { pepperOf } from '../../config/pepper.ts';
import type { Config } from '../../config/schema.ts';
import { hashToken, parsePseudonym, parseTokenHash, pseudonym } from '../../model/hash.ts';
import { openAudit } from '../../store/audit/audit.ts';
import { readAudit } from '../../store/audit/entries.ts';
import { forget } from '../../store/erase/forgetting.ts';
import { eraseFromStore } from '../../store/erase/erase.ts';
import type { ErasureSubject } from '../../store/erase/targets.ts';
import { configFor } from '../config-option.ts';
import { UsageError } from '../exit.ts';
import { waitForEmptySpool } from '../spool-files.ts';
import { withStore } from '../with-store.ts';

interface EraseOptions {
  client?: string;
  subject?: string;
  token?: string;
  yes: boolean;
  reason: string;
  receipt?: string;
  dropSetAside: boolean;
}

const SPOOL_PATIENCE = 15_000;
/** How long a running alerting stage may take to let go of what it remembers, ms. */
const FORGET_PATIENCE = 30_000;

/** What an erasure does not reach; stands in every receipt. */
const NOT_REACHED = [
  'the audit chain: its entries stay, or it would prove nothing',
  'counts without a name: per client (of one token), per endpoint, service, value and day',
  'backups, logs and messages that were sent before',
  'the memory of a running detector: restart it to empty it',
  'spools of collectors with another data directory',
];

const STILL_REMEMBERED =
  'the memory of the alerting process, which did not answer: restart it and erase once more';

/** The raw value from standard input, so that it is in no list of processes and no shell history. */
async function given(value: string): Promise<{ raw: string | null; shown: string }> {
  if (value !== '-') return { raw: null, shown: value };
  const raw = (await text(process.stdin)).trim();
  if (raw === '') throw new UsageError('-: expected the value on standard input');
  return { raw, shown: '' };
}

async function subjectOf(options: EraseOptions, config: Config): Promise<ErasureSubject> {
  const { client, subject, token } = options;
  if ([client, subject, token].filter((value) => value !== undefined).length !== 1) {
    throw new UsageError('expected exactly one of --client, --subject and --token');
  }
  if (client !== undefined) {
    if (client === '') throw new UsageError('--client: expected the id of a client');
    return { kind: 'client', clientId: client };
  }
  const { raw, shown } = await given(token ?? subject ?? '');
  const pepper = pepperOf(config).reveal();
  if (token !== undefined) {
    const tokenHash = raw === null ? parseTokenHash(shown) : hashToken(pepper, raw);
    if (tokenHash === null)
      throw new UsageError('--token: expected its hash (64 hex digits), or - for the raw token');
    return { kind: 'token', tokenHash };
  }
  const subjectHash = raw === null ? parsePseudonym(shown) : pseudonym(pepper, 'subject', raw);
  if (subjectHash === null)
    throw new UsageError('--subject: expected its hash (32 hex digits), or - for the raw subject');
  return { kind: 'subject', subjectHash };
}

/** Names whose data went, without saying it: whoever knows the value can compare. */
function digestOf(subject: ErasureSubject): string {
  const value =
    subject.kind === 'client'
      ? subject.clientId
      : subject.kind === 'token'
        ? subject.tokenHash
        : subject.subjectHash;
  return createHash('sha256').update(`${subject.kind}\0${value}`, 'utf8').digest('hex');
}

async function erase(options: EraseOptions, command: Command): Promise<void> {
  const { config } = configFor(command);
  const subject = await subjectOf(options, config);
  if (!options.yes) {
    throw new UsageError(
      `this deletes everything of one ${subject.kind} for good; say --yes when that is meant`,
    );
  }
  const { receipt: file, dropSetAside } = options;
  if (file !== undefined && existsSync(file))
    throw new UsageError(`${file} exists already; it is left as it is`);
  const setAside = await waitForEmptySpool(config.data_dir, {
    ...{ patience: SPOOL_PATIENCE, dropSetAside },
  });
  const receipt = await withStore(command, async (db) => {
    const id = `erasure-${randomBytes(8).toString('hex')}`;
    const begun = new Date().toISOString();
    const alerting = { forgot: false };
    const done = await eraseFromStore(db, id, subject, async (round) => {
      const clock = { patience: FORGET_PATIENCE, now: Date.now };
      alerting.forgot = await forget(db, 'alerting', `${id}-${String(round)}`, clock);
      return alerting.forgot;
    });
    const signingKey = config.alerting.audit_key;
    const audit = openAudit({ db, stage: 'cli', now: Date.now, signingKey });
    const detail = {
      ...{ id, kind: subject.kind, digest: digestOf(subject), reason: options.reason, begun },
      ...{ targets: done.targets, searched: done.searched },
      tables: done.tables.map((one) => ({ ...one })),
      ...{ spool_files_deleted: setAside, audit_entries_kept: done.auditEntries },
    };
    const actor = `person:${userInfo().username}`;
    await audit.record([{ actor, action: 'data.erased', subject: `erasure:${id}`, detail }]);
    const [entry] = await readAudit(db, { subject: `erasure:${id}` });
    const remembering = alerting.forgot ? [] : [STILL_REMEMBERED];
    return { not_reached: [...NOT_REACHED, ...remembering], entry };
  });
  const written = `${JSON.stringify(receipt, null, 2)}\n`;
  if (file !== undefined) writeFileSync(file, written, { mode: 0o600, flag: 'wx' });
  process.stdout.write(written);
}

/** `tokenwatch erase --client | --subject | --token`: deletes somebody's data and proves it. */
export function eraseCommand(): Command {
  return new Command('erase')
    .description('delete everything of one token, client or subject, and print a receipt')
    .option('--client <id>', 'a client, and the tokens that are its alone')
    .option('--subject <hash>', 'a subject by its hash, or - for the raw one on standard input')
    .option('--token <hash>', 'a token by its hash, or - for the raw one on standard input')
    .requiredOption('--reason <text>', 'why (never left out); kept in the audit chain')
    .option('--receipt <file>', 'also write the receipt there')
    .option('--drop-set-aside', 'delete files that the collector could not insert', false)
    .option('--yes', 'really do it', false)
    .action(async (options: EraseOptions, command: Command) => {
      await erase(options, command);
    });
}
