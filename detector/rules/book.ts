import type { Db } from '../../store/db.ts';
import type { RuleLimits } from '../../store/rules/limits.ts';
import { listRuleFiles, readRuleFile } from './files.ts';
import { parseRuleFile } from './parse-file.ts';
import type { Problem, Rule } from './rule.ts';
import { tryRule } from './try-rules.ts';

/** What is known of a file of rules. */
interface Kept {
  stamp: string;
  /** Of its last good version. */
  rules: readonly Rule[];
  /** What is wrong with the version that lies there. */
  problems: readonly Problem[];
}

/** A rule in force. */
export interface BookedRule {
  rule: Rule;
  /** What is wrong with the newer version that lies in its file; empty when there is none. */
  problems: readonly Problem[];
}

/** All rules of the configured paths. */
export interface RuleBook {
  readonly rules: readonly BookedRule[];
  /** Everything that is wrong at this moment. */
  readonly problems: readonly Problem[];
  /** Reads what changed; true when rules or problems did. A broken file keeps its previous rules. */
  refresh: () => Promise<boolean>;
}

export interface BookOptions {
  paths: readonly string[];
  /** A connection of the user that may only read, for the rules' own tests. */
  db: Db;
  limits: RuleLimits;
}

async function readVersion(path: string, options: BookOptions): Promise<Omit<Kept, 'stamp'>> {
  const read = readRuleFile(path);
  if ('problem' in read) return { rules: [], problems: [read.problem] };
  const { rules, problems } = parseRuleFile(path, read.text);
  const failures: Problem[] = [];
  for (const rule of rules) failures.push(...(await tryRule(options.db, rule, options.limits)));
  return { rules, problems: [...problems, ...failures] };
}

/** That two files have the same id: the one that comes first has it. */
function collisions(files: ReadonlyMap<string, Kept>): Map<string, Problem[]> {
  const owner = new Map<string, string>();
  const found = new Map<string, Problem[]>();
  for (const [path, { rules }] of files) {
    for (const { card } of rules) {
      const first = owner.get(card.id);
      if (first === undefined) owner.set(card.id, path);
      else {
        const message = `${first} has a rule of this id already; this one is left out`;
        const list = found.get(path) ?? [];
        list.push({ file: path, place: null, rule: card.id, message });
        found.set(path, list);
      }
    }
  }
  return found;
}

/** Opens a book of rules; it is empty until it is refreshed. */
export function createRuleBook(options: BookOptions): RuleBook {
  let files = new Map<string, Kept>();
  let booked: BookedRule[] = [];
  let problems: Problem[] = [];

  function settle(missing: readonly Problem[]): void {
    const twice = collisions(files);
    problems = [...missing];
    booked = [];
    for (const [path, kept] of files) {
      const again = twice.get(path) ?? [];
      problems.push(...kept.problems, ...again);
      const lost = new Set(again.map(({ rule }) => rule));
      for (const rule of kept.rules) {
        if (!lost.has(rule.card.id)) booked.push({ rule, problems: kept.problems });
      }
    }
  }

  return {
    get rules() {
      return booked;
    },
    get problems() {
      return problems;
    },
    async refresh() {
      const listed = listRuleFiles(options.paths);
      const next = new Map<string, Kept>();
      let changed = false;
      for (const { path, stamp } of listed.files) {
        const before = files.get(path);
        if (before?.stamp === stamp) {
          next.set(path, before);
          continue;
        }
        changed = true;
        const version = await readVersion(path, options);
        const good = version.problems.length === 0;
        const rules = good ? version.rules : (before?.rules ?? []);
        next.set(path, { stamp, rules, problems: version.problems });
      }
      for (const path of files.keys()) changed ||= !next.has(path);
      const missing = JSON.stringify(problems.filter(({ file }) => !files.has(file)));
      changed ||= missing !== JSON.stringify(listed.problems);
      files = next;
      if (changed) settle(listed.problems);
      return changed;
    },
  };
}
