import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { z } from 'zod';
import { verifyAudit } from '../../model/audit.ts';
import type { AuditEntry, AuditLink, AuditVerdict } from '../../model/audit.ts';
import type { Json } from '../../model/finding.ts';
import { exportAudit } from '../../store/audit/entries.ts';
import { EXIT, UsageError } from '../exit.ts';
import { withStore } from '../with-store.ts';

const linkSchema = z.object({ chain: z.string(), seq: z.int(), hash: z.string() });
const jsonSchema: z.ZodType<Json> = z.json();
const entrySchema = z.object({
  ...{ chain: z.string(), seq: z.int(), at: z.int(), actor: z.string(), action: z.string() },
  ...{ subject: z.string(), detail: z.record(z.string(), jsonSchema), links: z.array(linkSchema) },
  ...{ previous: z.string(), hash: z.string(), signature: z.string() },
});

interface VerifyOptions {
  printHeads: boolean;
  file?: string;
  publicKey: string[];
  heads?: string;
}

async function stored(command: Command): Promise<AuditEntry[]> {
  return withStore(command, async (db) => {
    const entries: AuditEntry[] = [];
    for await (const entry of exportAudit(db)) entries.push(entry);
    return entries;
  });
}

/** Entries of an export; a line that is not one is a change, and named. */
async function exported(file: string): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    const parsed = entrySchema.safeParse(jsonOf(line));
    if (!parsed.success) throw new Error(`${file}:${String(number)}: not an audit entry`);
    entries.push(parsed.data);
  }
  return entries;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function keptHeads(file: string | undefined): AuditLink[] {
  if (file === undefined) return [];
  const parsed = z.array(linkSchema).safeParse(jsonOf(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new UsageError(`${file}: expected what --print-heads printed`);
  return parsed.data;
}

function report(verdict: AuditVerdict): void {
  const { entries, chains, signed, problems } = verdict;
  for (const problem of problems) process.stdout.write(`WRONG ${problem}\n`);
  const what = `${String(entries)} entries in ${String(chains)} chains, ${String(signed)} signed`;
  process.stdout.write(problems.length === 0 ? `${what}: unbroken\n` : `${what}: BROKEN\n`);
  if (problems.length > 0) process.exitCode = EXIT.failed;
}

async function verify(options: VerifyOptions, command: Command): Promise<void> {
  const entries = options.file === undefined ? await stored(command) : await exported(options.file);
  const verdict = verifyAudit(entries, {
    publicKeys: options.publicKey.map((file) => readFileSync(file, 'utf8')),
    heads: keptHeads(options.heads),
  });
  if (options.printHeads) process.stdout.write(`${JSON.stringify(verdict.heads)}\n`);
  else report(verdict);
}

async function write(command: Command): Promise<void> {
  await withStore(command, async (db) => {
    for await (const entry of exportAudit(db))
      process.stdout.write(`${JSON.stringify(entry)}
`);
  });
}

/** `tokenwatch audit verify | export`. */
export function auditCommand(): Command {
  const audit = new Command('audit').description('the chain of every decision made');
  audit
    .command('verify')
    .description('find any change, removal or reordering; exit code 1 when there is one')
    .option('--file <file>', 'check an export, offline, instead of the store')
    .option(
      '--public-key <file...>',
      'PEM of the Ed25519 keys: every entry must be signed by one',
      [],
    )
    .option('--heads <file>', 'ends that were kept elsewhere: finds a loss at the end as well')
    .option('--print-heads', 'print the ends, to be kept elsewhere', false)
    .action(async (options: VerifyOptions, command: Command) => {
      await verify(options, command);
    });
  audit
    .command('export')
    .description('write every entry to standard output, one JSON object a line')
    .action(async (_options, command: Command) => {
      await write(command);
    });
  return audit;
}
