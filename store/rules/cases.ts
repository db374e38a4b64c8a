import type { Db, Params } from '../db.ts';
import { createBinder, renderCondition } from './condition/render.ts';
import type { Expression, ValueType } from './condition/tree.ts';
import { featureNamed } from './features.ts';
import { limitSettings } from './limits.ts';
import type { RuleLimits } from './limits.ts';
import type { FeatureValue } from './look.ts';

const COLUMN: Readonly<Record<ValueType, string>> = {
  number: 'Nullable(Float64)',
  text: 'String',
  boolean: 'Bool',
  list: 'Array(String)',
};

/** What a feature is in a case that does not say: nothing seen, nothing new, nothing known. */
const UNSAID: Readonly<Record<ValueType, FeatureValue>> = {
  number: 0,
  text: '',
  boolean: false,
  list: [],
};

/** The value of a feature in a case. */
export function valueInCase(
  name: string,
  given: Readonly<Record<string, FeatureValue>>,
): FeatureValue {
  if (Object.hasOwn(given, name)) return given[name] ?? null;
  const feature = featureNamed(name);
  if (feature === undefined || feature.nullable === true) return null;
  return UNSAID[feature.type];
}

/**
 * Whether a condition holds, case by case, for features that are given by hand. Reads no table.
 *
 * @param features the features that the condition reads
 * @throws Error of ClickHouse when it refuses the condition
 */
export async function evaluateCases(
  db: Db,
  condition: Expression,
  features: readonly string[],
  cases: readonly Readonly<Record<string, FeatureValue>>[],
  limits: RuleLimits,
): Promise<boolean[]> {
  if (cases.length === 0) return [];
  const binder = createBinder('p');
  const params: Params = {};
  const rows = cases.map((given, i) => {
    const columns = features.map((name, j) => {
      const key = `c${String(i)}_${String(j)}`;
      params[key] = valueInCase(name, given);
      return `{${key}:${COLUMN[featureNamed(name)?.type ?? 'text']}} AS ${name}`;
    });
    return `SELECT ${[`${String(i)} AS which`, ...columns].join(', ')}`;
  });
  const fires = renderCondition(condition, (name) => `f.${name}`, binder);
  const answers = await db.query<{ which: number; fires: boolean }>(
    `SELECT which, toBool(ifNull(${fires}, 0)) AS fires FROM (${rows.join(' UNION ALL ')}) AS f ORDER BY which`,
    { ...params, ...binder.params },
    limitSettings(limits),
  );
  return answers.map((answer) => answer.fires);
}
