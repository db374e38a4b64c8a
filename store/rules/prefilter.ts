import { featureNamed } from './features.ts';
import { featuresOf, partsOf } from './condition/tree.ts';
import type { Expression } from './condition/tree.ts';

/** True when only the call itself is asked, so that it can be answered before anything is joined. */
function isOfCall(one: Expression): boolean {
  return [...featuresOf(one)].every((name) => featureNamed(name)?.needs.length === 0);
}

/** Features without which an expression is unknown: NULL in, NULL out. */
function strictOf(one: Expression, into: Set<string>): void {
  if (one.kind === 'feature') into.add(one.name);
  const strict = ['compare', 'arithmetic', 'negate', 'between'].includes(one.kind);
  if (strict) for (const part of partsOf(one)) strictOf(part, into);
}

/**
 * Conditions on the call alone that hold wherever a condition does. Most calls fail them, and need
 * no context looked up.
 */
export function prefiltersOf(condition: Expression): Expression[] {
  const parts = condition.kind === 'and' ? condition.of : [condition];
  const unknown = new Set<string>();
  for (const part of parts) strictOf(part, unknown);
  const needed = [...unknown].filter((name) => {
    const feature = featureNamed(name);
    return feature?.nullable === true && feature.needs.length === 0;
  });
  return [
    ...parts.filter(isOfCall),
    ...needed.map((name): Expression => ({
      kind: 'null',
      not: true,
      of: { kind: 'feature', name, offset: 0 },
      offset: 0,
    })),
  ];
}
