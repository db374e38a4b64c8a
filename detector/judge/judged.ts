import type { Ancestry } from '../../store/detection/ancestry.ts';
import type { SurpriseRow } from '../../store/detection/surprises.ts';
import type { Thresholds } from '../calibration/calibration.ts';
import type { Noticed } from '../detection.ts';
import type { Feedback } from '../feedback/quieted.ts';
import type { MixPasts } from '../mix/pasts.ts';
import { hourOf } from '../volume/calendar.ts';
import type { Notice } from '../findings.ts';
import type { VolumeCase } from './surge.ts';

/** Surprises below this are not kept, bits. */
export const FLOOR = 4;

/** A notice that may still want to know its peers. */
export interface OpenNotice extends Notice {
  /** Event time of the call that decided it, epoch ms; where absent, the first of its window did. */
  decidedAt?: number;
  /** Calls of the last minute after which it was to be noticed; when that is not the first. */
  crossing?: () => number;
  /** Statuses of the calls that it rests on; where absent, all calls count. */
  statuses?: readonly number[];
  /** The same, once the 99th percentile of the client's other tokens is known. */
  withPeers?: (peers: number) => Noticed | null;
}

/** What a look at some calls brought to light. */
export interface Judged {
  notices: OpenNotice[];
  surprises: SurpriseRow[];
  /** What people said of earlier findings. */
  feedback?: Pick<Feedback, 'worth'>;
  /** Tokens that are yet to be compared with their busiest hours. */
  standingOut?: VolumeCase[];
  /** Whom tokens follow by what was linked before an hour; where absent, the store knows. */
  ancestry?: (hour: number) => Ancestry;
  /** What is remembered of what tokens call. */
  mixes?: MixPasts;
  /** What the installation's history says of thresholds; absent before it says anything. */
  thresholds?: Thresholds;
}

/** Finds out the thresholds of some entities, as of an hour. */
export type LearnThresholds = (keys: readonly string[], hour: number) => Promise<Thresholds>;

/** A surprise of a token; its value where it is about one. */
type TokenSurprise = Pick<SurpriseRow, 'key' | 'clientId' | 'dimension' | 'time' | 'bits'> & {
  value?: string;
};

/**
 * Keeps a token's surprise.
 *
 * @returns what was learnt of the bits above which its dimension alarms, for a baseline
 */
export function noteSurprise(into: Judged, one: TokenSurprise): { threshold?: number } {
  const { dimension, key, time } = one;
  into.surprises.push({ value: '', ...one, entity: 'token', stratum: 0, excess: 0 });
  const threshold = into.thresholds?.(dimension, key, hourOf(time));
  return threshold === undefined ? {} : { threshold };
}
