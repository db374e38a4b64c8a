import type { AlertingConfig } from '../../config/alerting.ts';
import type { Labels } from '../../model/incident-match.ts';
import { isWithin } from './intervals.ts';
import { routingTree } from './tree.ts';
import type { Destination } from './tree.ts';

/** Where an incident with these labels would go, for `tokenwatch routes test`. */
export interface RouteExplanation {
  /** Every route that matched, from the root down: `route`, `route.routes[1]`. */
  path: string[];
  receivers: {
    receiver: string;
    type: string;
    /** The deciding route. */
    path: string;
    /** Milliseconds until the first message at the given severity. */
    wait: number;
    /** Set on an escalation: only if nobody has acknowledged after this, ms. */
    escalateAfter: number | null;
    /** Held now by a mute time, or outside active times; null when it would leave. */
    held: string | null;
    rule: Destination['rule'];
  }[];
}

function heldBy(config: AlertingConfig, { rule }: Destination, now: number): string | null {
  const lies = (name: string): boolean => isWithin(config.time_intervals[name] ?? [], now);
  const mute = rule.mute.find(lies);
  if (mute !== undefined) return `muted by ${mute}`;
  return rule.active.length > 0 && !rule.active.some(lies) ? 'outside its active times' : null;
}

/**
 * The path that an incident takes through the routing tree, and whom it reaches.
 *
 * @param now epoch ms, for mute and active times
 */
export function explainRoute(
  config: AlertingConfig,
  labels: Labels,
  now: number,
): RouteExplanation {
  const { path, destinations } = routingTree(config).explain(labels);
  const urgent = labels.severity === 'high' || labels.severity === 'critical';
  return {
    path,
    receivers: destinations.map((to) => ({
      receiver: to.receiver,
      type: config.receivers[to.receiver]?.type ?? '',
      path: to.path,
      wait: to.escalateAfter ?? (urgent ? to.rule.urgentWait : to.rule.groupWait),
      escalateAfter: to.escalateAfter,
      held: heldBy(config, to, now),
      rule: to.rule,
    })),
  };
}
