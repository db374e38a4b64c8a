/** What is known of a dimension before the installation's own history says anything. */
export interface Declared {
  /** The detection whose parameter `bits` this is. */
  of: string;
  /** Share of the budget that it may spend (DETECTION.md, stage 2, renormalised); 0: no alarms of its own. */
  weight: number;
  /** The bits at which it alarms, or, without a weight, that are as rare as an alarm. */
  bits: number;
  /**
   * How far a learnt threshold may lie from these bits, as factors. Attacks that nobody noticed are
   * in the pool too, and would else hide the next new country or scope.
   */
  least?: number;
  most?: number;
}

/** Raises no alarms of its own. */
const NONE = '';

/** Dimensions that are pooled: those that raise alarms, and those that only count together. */
export const DIMENSIONS: Readonly<Record<string, Declared>> = {
  volume_minutes: { of: 'volume.surge', weight: 0.12, bits: 27, least: 0.75 },
  volume_hour: { of: 'volume.surge', weight: 0.15, bits: 26, least: 0.6 },
  volume_record: { of: 'volume.record', weight: 0.1, bits: 28, least: 1 },
  volume_day: { of: 'volume.surge', weight: 0.05, bits: 30, least: 0.5 },
  geography: { of: 'geography.new-country', weight: 0.12, bits: 18, least: 1, most: 1.2 },
  network: { of: 'geography.new-network', weight: 0.08, bits: 24, least: 1, most: 1.1 },
  travel: { of: 'geography.impossible-travel', weight: 0.05, bits: 12, least: 1, most: 1.1 },
  scope: { of: 'scope.first-use', weight: 0.1, bits: 12, least: 0.9, most: 1.5 },
  route: { of: 'scope.new-route', weight: 0.02, bits: 19 },
  drip: { of: 'volume.drip', weight: 0.05, bits: 14, least: 0.8, most: 2 },
  fetching: { of: 'scope.mix-shift', weight: 0.15, bits: 19, least: 0.9, most: 2 },
  environment: { of: 'environment.new', weight: 0.08, bits: 12, least: 0.5, most: 1.1 },
  denied: { of: 'scope.denied-burst', weight: 0.05, bits: 16, least: 0.9, most: 1.25 },
  not_found: {
    of: 'authorization.not-found-burst',
    weight: 0.05,
    bits: 14,
    least: 0.9,
    most: 1.25,
  },
  together: { of: 'sharing.several-signs', weight: 0.2, bits: 18, least: 0.9, most: 1.05 },
  client_minutes: { of: 'volume.client-surge', weight: 0.02, bits: 55, least: 1 },
  client_hour: { of: 'volume.client-surge', weight: 0.02, bits: 55, least: 1 },
  client_day: { of: 'volume.client-surge', weight: 0.02, bits: 55, least: 1 },
  mix: { of: NONE, weight: 0, bits: 20 },
  country: { of: NONE, weight: 0, bits: 17 },
  asn: { of: NONE, weight: 0, bits: 24 },
  network_kind: { of: NONE, weight: 0, bits: 14 },
  user_agent: { of: NONE, weight: 0, bits: 24 },
};

/** Dimensions whose entities are clients: they are pooled apart, over hours of clients. */
export const OF_CLIENTS = /^client_/;

/** Sum of all weights. */
export const WHOLE = Object.values(DIMENSIONS).reduce((sum, one) => sum + one.weight, 0);
