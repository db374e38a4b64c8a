import type { MaskKind } from './mask.ts';

/** Ways in which a call is kept other than as it was sent. */
export type Adjustment = 'future_time' | 'past_time' | 'no_time' | 'bad_address' | 'bad_value';

/** What reading has to tell besides the rows: counted for metrics and for the sender. */
export interface Tally {
  adjusted(reason: Adjustment): void;
  /** `field` is the column in which a value of that kind was masked. */
  masked(service: string, field: string, kinds: readonly MaskKind[]): void;
}
