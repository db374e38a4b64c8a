import type { MaskKind } from './mask.ts';

/** Ways in which a call is kept other than as it was sent. */
export type Adjustment =
  | 'future_time'
  | 'past_time'
  | 'no_time'
  | 'bad_address'
  /** Bytes that are no UTF-8, or what another program put in their place (U+FFFD). */
  | 'invalid_utf8'
  /** A text of more than 4,096 characters: the rest is dropped unread. */
  | 'long_text'
  /** Its service has too many routes. */
  | 'route_cap';

/** What reading has to tell besides the rows: counted for metrics and for the sender. */
export interface Tally {
  /** `service` is told where it matters whose clock it is. */
  adjusted(reason: Adjustment, service?: string): void;
  /** `field` is the column in which a value of that kind was masked. */
  masked(service: string, field: string, kinds: readonly MaskKind[]): void;
}
