import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Json } from './finding.ts';

/** The hash before a chain's first entry. */
export const NO_HASH = '0'.repeat(64);

/** A place in a chain that another chain vouches for. */
export interface AuditLink {
  chain: string;
  seq: number;
  hash: string;
}

/** What somebody or something decided. */
export interface AuditRecord {
  /** `person:ada`, `program:alerting`, `slack:U123`. */
  actor: string;
  /** A word for what was done: `incident.opened`, `revocation.approved`, `slack.refused`. */
  action: string;
  /** What it was done to: `incident:<id>`, `silence:<id>`, `delivery:<id>`. */
  subject: string;
  /** Why, and with what; without secrets. */
  detail: { [key: string]: Json };
}

/**
 * One entry. Every process writes a chain of its own (ClickHouse has no transactions that would let
 * several share one); a chain's first entry links to the ends of all others, so that none of them
 * can lose its end unnoticed once another chain has begun.
 */
export interface AuditEntry extends AuditRecord {
  chain: string;
  /** From 0, without gaps. */
  seq: number;
  /** Epoch ms. */
  at: number;
  links: AuditLink[];
  /** Hash of the entry before it in its chain. */
  previous: string;
  /** SHA-256 of everything above, lower-case hex. */
  hash: string;
  /** Ed25519 over the hash's bytes, base64; empty where no key is configured. */
  signature: string;
}

/** JSON with its keys in order: the same value always gives the same text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === undefined) return 'null';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`);
  return `{${pairs.join(',')}}`;
}

function hashOf(entry: Omit<AuditEntry, 'hash' | 'signature'>): string {
  const { chain, seq, at, actor, action, subject, detail, links, previous } = entry;
  const sealed = { chain, seq, at, actor, action, subject, detail, links, previous };
  return createHash('sha256').update(canonical(sealed), 'utf8').digest('hex');
}

/** Completes an entry: its hash and, with a key, its signature. */
export function seal(
  entry: Omit<AuditEntry, 'hash' | 'signature'>,
  key: KeyObject | null,
): AuditEntry {
  const hash = hashOf(entry);
  const signature =
    key === null ? '' : sign(null, Buffer.from(hash, 'hex'), key).toString('base64');
  return { ...entry, hash, signature };
}

export interface AuditVerdict {
  entries: number;
  chains: number;
  signed: number;
  /** What is wrong, each with its place; empty when nothing is. At most a hundred. */
  problems: string[];
  /** The end of each chain: kept elsewhere, it also gives away a loss at the end. */
  heads: AuditLink[];
}

const MAX_PROBLEMS = 100;

function byChain(entries: Iterable<AuditEntry>): Map<string, AuditEntry[]> {
  const chains = new Map<string, AuditEntry[]>();
  for (const entry of entries) {
    const chain = chains.get(entry.chain);
    if (chain === undefined) chains.set(entry.chain, [entry]);
    else chain.push(entry);
  }
  for (const chain of chains.values()) chain.sort((a, b) => a.seq - b.seq);
  return chains;
}

function checkChain(
  name: string,
  chain: readonly AuditEntry[],
  keys: readonly KeyObject[],
): string[] {
  const problems: string[] = [];
  let previous = NO_HASH;
  let expected = 0;
  for (const entry of chain) {
    const place = `${name} #${String(entry.seq)}`;
    if (entry.seq !== expected) {
      const what =
        entry.seq < expected
          ? 'appears twice'
          : `follows #${String(expected - 1)}: entries are missing`;
      problems.push(`${place} ${what}`);
    }
    if (hashOf(entry) !== entry.hash) problems.push(`${place} was changed: its hash does not fit`);
    if (entry.previous !== previous)
      problems.push(`${place} does not continue the entry before it`);
    if (keys.length > 0 && !isSigned(entry, keys)) problems.push(`${place} has no valid signature`);
    previous = entry.hash;
    expected = entry.seq + 1;
  }
  return problems;
}

function isSigned(entry: AuditEntry, keys: readonly KeyObject[]): boolean {
  const hash = Buffer.from(entry.hash, 'hex');
  const signature = Buffer.from(entry.signature, 'base64');
  return keys.some((key) => signature.length === 64 && verify(null, hash, key, signature));
}

function checkLinks(
  chains: ReadonlyMap<string, AuditEntry[]>,
  links: Iterable<[string, AuditLink]>,
): string[] {
  const problems: string[] = [];
  for (const [from, link] of links) {
    const place = `${link.chain} #${String(link.seq)}`;
    const entry = chains.get(link.chain)?.find(({ seq }) => seq === link.seq);
    if (entry === undefined) problems.push(`${place} is missing: ${from} vouches for it`);
    else if (entry.hash !== link.hash) problems.push(`${place} is not what ${from} vouches for`);
  }
  return problems;
}

/**
 * Checks audit entries, in any order, without a database: every change, removal, insertion and
 * reordering inside the chains is found; a loss at the end of the youngest chain only by `heads`.
 *
 * @param publicKeys PEM of the Ed25519 keys that may have signed; with any, every entry must be signed
 * @param heads ends that an earlier verification returned
 */
export function verifyAudit(
  entries: Iterable<AuditEntry>,
  {
    publicKeys = [],
    heads = [],
  }: { publicKeys?: readonly string[]; heads?: readonly AuditLink[] } = {},
): AuditVerdict {
  const chains = byChain(entries);
  const keys = publicKeys.map((pem) => createPublicKey(pem));
  const all = [...chains.values()].flat();
  const problems = [...chains].flatMap(([name, chain]) => checkChain(name, chain, keys));
  const links = all.flatMap((entry) =>
    entry.links.map((link): [string, AuditLink] => [`${entry.chain} #${String(entry.seq)}`, link]),
  );
  const kept = heads.map((link): [string, AuditLink] => ['the kept list of ends', link]);
  problems.push(...checkLinks(chains, [...links, ...kept]));
  return {
    entries: all.length,
    chains: chains.size,
    signed: all.filter((entry) => entry.signature !== '').length,
    problems: problems.slice(0, MAX_PROBLEMS),
    heads: [...chains].flatMap(([chain, list]) => {
      const last = list.at(-1);
      return last === undefined ? [] : [{ chain, seq: last.seq, hash: last.hash }];
    }),
  };
}
