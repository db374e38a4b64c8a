import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { NO_HASH, seal } from '../model/audit.ts';
import type { AuditEntry, AuditLink } from '../model/audit.ts';
import { auditCommand } from './commands/audit.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
let dir: string;

/** Two chains as two processes write them: the second vouches for the first. */
function chains(key: typeof privateKey | null): AuditEntry[] {
  const entries: AuditEntry[] = [];
  let links: AuditLink[] = [];
  for (const chain of ['alerting:a', 'console:b']) {
    let previous = NO_HASH;
    for (let seq = 0; seq < 4; seq += 1) {
      const what = {
        actor: 'person:ada',
        action: 'incident.resolved',
        subject: `incident:${String(seq)}`,
      };
      const place = { chain, seq, at: 1_000 + seq, previous, links: seq === 0 ? links : [] };
      const entry = seal({ ...what, ...place, detail: { reason: 'done' } }, key);
      previous = entry.hash;
      entries.push(entry);
    }
    links = [{ chain, seq: 3, hash: previous }];
  }
  return entries;
}

function write(name: string, entries: readonly unknown[]): string {
  writeFileSync(join(dir, name), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return name;
}

/** Runs the command in this process: what it printed, and its exit code. */
async function verify(...args: string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const print = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const files = args.map((arg) => (arg.startsWith('--') ? arg : join(dir, arg)));
  try {
    await auditCommand().parseAsync(['verify', ...files], { from: 'user' });
    return { code: Number(process.exitCode ?? 0), out };
  } finally {
    print.mockRestore();
    process.exitCode = undefined;
  }
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tokenwatch-audit-'));
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  writeFileSync(join(dir, 'key.pem'), pem);
});

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('tokenwatch audit verify --file', () => {
  it('finds nothing in an export as it was written, without a store', async () => {
    const file = write('whole.jsonl', chains(privateKey));
    const { code, out } = await verify('--file', file, '--public-key', 'key.pem');
    expect(out).toBe('8 entries in 2 chains, 8 signed: unbroken\n');
    expect(code).toBe(0);
  });

  type Change = (entries: AuditEntry[]) => unknown[];
  const cases: [string, Change, string][] = [
    [
      'a changed reason',
      (all) => all.map((one, n) => (n === 2 ? { ...one, detail: { reason: 'x' } } : one)),
      'was changed',
    ],
    [
      'a changed time',
      (all) => all.map((one, n) => (n === 5 ? { ...one, at: 9 } : one)),
      'was changed',
    ],
    ['a removed entry', (all) => all.filter((_one, n) => n !== 1), 'entries are missing'],
    ['the end of a chain cut off', (all) => all.filter((_one, n) => n !== 3), 'vouches for it'],
    ['a whole chain removed', (all) => all.slice(4), 'vouches for it'],
    ['an entry twice', (all) => [...all, all[2]], 'appears twice'],
    [
      'two entries that changed places',
      (all) =>
        all.map((one, n) => (n === 1 ? { ...one, seq: 2 } : n === 2 ? { ...one, seq: 1 } : one)),
      'was changed',
    ],
    [
      'another name for a chain',
      (all) => all.map((one) => ({ ...one, chain: one.chain.replace('a', 'z') })),
      'was changed',
    ],
    ['everything forged anew without the key', () => chains(null), 'has no valid signature'],
  ];

  it.each(cases)('finds %s', async (_what, change, words) => {
    const file = write('changed.jsonl', change(chains(privateKey)));
    const { code, out } = await verify('--file', file, '--public-key', 'key.pem');
    expect(out).toContain(words);
    expect(out).toContain('BROKEN');
    expect(code).toBe(1);
  });

  it('finds a loss at the very end by the ends that were printed before', async () => {
    const whole = write('whole.jsonl', chains(privateKey));
    const printed = await verify('--file', whole, '--print-heads');
    writeFileSync(join(dir, 'heads.json'), printed.out);
    const cut = write('cut.jsonl', chains(privateKey).slice(0, -1));
    expect(await verify('--file', cut)).toMatchObject({ code: 0 });
    const { code, out } = await verify('--file', cut, '--heads', 'heads.json');
    expect(out).toContain('console:b #3 is missing');
    expect(code).toBe(1);
  });

  it('names a line that is no entry', async () => {
    const file = write('rubbish.jsonl', [...chains(null).slice(0, 2), { chain: 'x' }]);
    await expect(verify('--file', file)).rejects.toThrow(':3: not an audit entry');
  });
});
