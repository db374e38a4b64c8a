import type { Db } from '../../store/db.ts';
import type { Scope } from '../../store/detection/scope.ts';
import type { RuleLimits } from '../../store/rules/limits.ts';
import { MOST_FIRINGS, readFirings } from '../../store/rules/look.ts';
import type { Firing } from '../../store/rules/look.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { noticeOf } from './notice.ts';
import type { Rule } from './rule.ts';
import { isUnreachable } from './try-rules.ts';

/** A rule that broke a limit is left out for so long, ms. */
const REST_MS = 600_000;
/** Rules that are asked in one query. */
const TOGETHER = 25;

/** What went wrong with a rule at work. */
export interface RuleTrouble {
  rule: string;
  kind: 'resting' | 'broad';
  message: string;
}

export interface UserRulesOptions {
  /** A connection of the user that may only read. */
  db: Db;
  limits: RuleLimits;
  /** Those in force; read at each look. */
  rules: () => readonly Rule[];
  /** Epoch ms. */
  now: () => number;
  onTrouble: (trouble: RuleTrouble) => void;
}

/** The users' own rules, as the detector asks them. */
export interface UserRules {
  look: (scope: Scope) => Promise<OpenNotice[]>;
  /** Ids of rules that are left out for a while. */
  readonly resting: readonly string[];
}

/** The rules with what ClickHouse found for them. */
type Asked = (rules: readonly Rule[]) => Promise<OpenNotice[]>;

/**
 * Asks some rules at once; when that breaks a limit, each by itself, so that it is known which did.
 */
async function isolate(
  rules: readonly Rule[],
  ask: Asked,
  onFailure: (rule: Rule, error: unknown) => void,
): Promise<OpenNotice[]> {
  try {
    return await ask(rules);
  } catch (error) {
    if (isUnreachable(error)) throw error;
    const [only, ...others] = rules;
    if (only !== undefined && others.length === 0) onFailure(only, error);
    if (others.length === 0) return [];
  }
  const notices: OpenNotice[] = [];
  for (const rule of rules) notices.push(...(await isolate([rule], ask, onFailure)));
  return notices;
}

/** Lets rules look at ranges of calls; one that fails rests, and the others go on. */
export function createUserRules(options: UserRulesOptions): UserRules {
  const { db, limits, onTrouble, now } = options;
  const resting = new Map<Rule, number>();

  function rest(rule: Rule, error: unknown): void {
    resting.set(rule, now() + REST_MS);
    const said = error instanceof Error ? error.message.slice(0, 300) : String(error);
    onTrouble({ rule: rule.card.id, kind: 'resting', message: said });
  }

  function active(): Rule[] {
    const at = now();
    const rules = options.rules();
    for (const [rule, until] of resting) {
      if (until <= at || !rules.includes(rule)) resting.delete(rule);
    }
    return rules.filter((rule) => !resting.has(rule));
  }

  function toNotices(rules: readonly Rule[], firings: readonly Firing[]): OpenNotice[] {
    const counts = new Map<Rule, number>();
    const notices = firings.flatMap((firing) => {
      const rule = rules[firing.rule];
      if (rule === undefined) return [];
      counts.set(rule, (counts.get(rule) ?? 0) + 1);
      return [noticeOf(rule, firing)];
    });
    for (const [rule, count] of counts) {
      if (count < MOST_FIRINGS) continue;
      const message = `it fires for ${String(MOST_FIRINGS)} or more at once; only the earliest are told`;
      onTrouble({ rule: rule.card.id, kind: 'broad', message });
    }
    return notices;
  }

  return {
    get resting() {
      return [...resting.keys()].map((rule) => rule.card.id);
    },
    async look(scope) {
      const rules = active();
      const notices: OpenNotice[] = [];
      for (let start = 0; start < rules.length; start += TOGETHER) {
        const some = rules.slice(start, start + TOGETHER);
        const ask: Asked = async (asked) =>
          toNotices(asked, await readFirings(db, scope, asked, limits));
        notices.push(...(await isolate(some, ask, rest)));
      }
      return notices;
    },
  };
}
