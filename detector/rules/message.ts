import { Mistake } from '../../store/rules/condition/mistake.ts';
import { nearest } from '../../store/rules/condition/nearest.ts';
import { FEATURES, featureNamed } from '../../store/rules/features.ts';
import type { FeatureValue } from '../../store/rules/look.ts';

/** A template as its parts: plain words, and features by name. */
export type Message = readonly (string | { feature: string })[];

const NUMBER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
/** So much of a text or a list is told. */
const MOST_TOLD = 200;
const MOST_LISTED = 10;

/**
 * Parses a template: `{amount} {currency} from {country}`.
 *
 * @throws Mistake at a name that is no feature, or a brace without its partner
 */
export function parseMessage(template: string): Message {
  const parts: (string | { feature: string })[] = [];
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf('{', at);
    const end = open === -1 ? template.length : open;
    const plain = template.slice(at, end);
    if (plain.includes('}')) throw new Mistake(at + plain.indexOf('}'), '"}" without "{"');
    if (plain !== '') parts.push(plain);
    if (open === -1) break;
    const close = template.indexOf('}', open);
    if (close === -1) throw new Mistake(open, '"{" without "}"');
    const feature = template.slice(open + 1, close);
    if (featureNamed(feature) === undefined) throw unknownFeature(feature, open + 1);
    parts.push({ feature });
    at = close + 1;
  }
  return parts;
}

/** That there is no such feature, and which is meant perhaps. */
export function unknownFeature(name: string, offset: number): Mistake {
  const names = FEATURES.map((feature) => feature.name);
  const hint = nearest(name, names);
  const perhaps = hint === null ? '' : `; is ${hint} meant?`;
  return new Mistake(offset, `there is no feature ${name.slice(0, 60)}${perhaps}`);
}

/** A feature's value as people read it. */
export function told(value: FeatureValue): string {
  if (value === null) return 'unknown';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return NUMBER.format(value);
  const text = Array.isArray(value) ? value.slice(0, MOST_LISTED).join(', ') : value;
  if (text === '') return 'none';
  return text.length > MOST_TOLD ? `${text.slice(0, MOST_TOLD)}…` : text;
}

/** A message with the values of a call. */
export function writeMessage(
  message: Message,
  values: Readonly<Record<string, FeatureValue>>,
): string {
  return message
    .map((part) => (typeof part === 'string' ? part : told(values[part.feature] ?? null)))
    .join('')
    .replace(/\s+/g, ' ')
    .trim();
}
