import type { SeenValue } from '../api-types.ts';

/** First seen this recently is worth a mark, ms. */
const NEW_WITHIN = 3 * 86_400_000;

/** New, where the rest has been known for longer. */
export function isNew(value: SeenValue, values: SeenValue[]): boolean {
  const oldest = Math.min(...values.map((one) => Date.parse(one.first_seen)));
  const first = Date.parse(value.first_seen);
  return Date.now() - first < NEW_WITHIN && first - oldest > NEW_WITHIN;
}
