import {
  FieldColorModeId,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { DynamicConfigValue, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

/** One meaning, one colour, on every dashboard. */
export const SEVERITY_COLORS = {
  Critical: 'dark-red',
  High: 'red',
  Medium: 'orange',
  Low: 'blue',
} as const;

export const CALM = 'green';

/** Colours from a value on: `steps([300, 'orange'], [3600, 'red'])` is calm below 300. */
export function steps(...above: [value: number, color: string][]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: CALM }, ...above.map(([value, color]) => ({ value, color }))]);
}

/** As {@link steps}, but what is low is bad: `floors('red', [0, 'orange'], [172800, 'green'])`. */
export function floors(
  lowest: string,
  ...above: [value: number, color: string][]
): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: lowest }, ...above.map(([value, color]) => ({ value, color }))]);
}

/** A series in one colour. */
export function fixedColor(color: string): DynamicConfigValue[] {
  return [{ id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor: color } }];
}

/** Calm at zero, in a colour of its own from one on. */
export function colorFromOne(color: string): DynamicConfigValue[] {
  return [
    {
      id: 'thresholds',
      value: { mode: ThresholdsMode.Absolute, steps: steps([1, color]).build().steps },
    },
  ];
}

function mapping(colors: Record<string, string>): ValueMapping[] {
  const options = Object.entries(colors).map(([text, color], index) => [text, { color, index }]);
  return [
    {
      type: MappingType.ValueToText,
      options: Object.fromEntries(options) as Record<string, { color: string; index: number }>,
    },
  ];
}

/** Words that are coloured wherever a table shows them. */
export const WORDS: ValueMapping[] = mapping({
  critical: 'dark-red',
  high: 'red',
  medium: 'orange',
  low: 'blue',
  open: 'red',
  acknowledged: 'orange',
  resolved: 'green',
  false_positive: 'text',
  sent: 'green',
  pending: 'orange',
  refused: 'red',
  dead: 'dark-red',
});
