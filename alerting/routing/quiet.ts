import type { AlertingConfig } from '../../config/alerting.ts';
import type { Incident } from '../../model/incident.ts';
import type { Silence } from '../../model/silence.ts';
import { isWithin } from './intervals.ts';
import { covers, labelsOf, matches } from '../../model/incident-match.ts';
import type { Labels } from '../../model/incident-match.ts';
import type { Destination } from './tree.ts';

/** What keeps an incident from being told just now. */
export interface Quiet {
  /** The reason, in words for logs, counters and the console; null when nothing holds it. */
  hold(incident: Incident, to: Destination, now: number): string | null;
  /** Takes notice of the silences in force and of the open incidents that may inhibit others. */
  refresh(silences: readonly Silence[], open: Iterable<Incident>): void;
}

type Equal = AlertingConfig['inhibit'][number]['equal'][number];

/** The values of a label; none when the incident does not have it. */
function valuesOf(labels: Labels, label: Equal): string[] {
  const values = {
    client: [labels.client],
    service: labels.services,
    environment: labels.environments,
    token: [labels.token],
  }[label];
  return values.filter((value) => value !== '');
}

/** Both have the label, and share a value of it: where it is missing on both, nothing is equal. */
function shares(a: Labels, b: Labels, label: Equal): boolean {
  const values = valuesOf(b, label);
  return valuesOf(a, label).some((value) => values.includes(value));
}

/** Silences, mute times, inhibition and campaigns, in the order in which they are asked. */
export function createQuiet(config: AlertingConfig): Quiet {
  let silences: readonly Silence[] = [];
  let sources: { rule: number; id: string; labels: Labels }[] = [];

  const silenced = (labels: Labels, now: number): string | null => {
    const silence = silences.find(
      (one) => one.startsAt <= now && now < one.endsAt && covers(one.match, labels),
    );
    return silence === undefined ? null : `silence ${silence.id}`;
  };
  const muted = ({ rule }: Destination, now: number): string | null => {
    const lies = (name: string): boolean => isWithin(config.time_intervals[name] ?? [], now);
    const mute = rule.mute.find(lies);
    if (mute !== undefined) return `muted by ${mute}`;
    return rule.active.length > 0 && !rule.active.some(lies) ? 'outside its active times' : null;
  };
  const inhibited = (incident: Incident, labels: Labels): string | null => {
    const source = sources.find(({ rule, id, labels: theirs }) => {
      const inhibition = config.inhibit[rule];
      return (
        id !== incident.id &&
        inhibition !== undefined &&
        covers(inhibition.target, labels) &&
        inhibition.equal.every((label) => shares(theirs, labels, label))
      );
    });
    return source === undefined ? null : `inhibited by ${source.id}`;
  };
  return {
    hold(incident, to, now) {
      if (incident.campaign !== '') return `campaign ${incident.campaign}`;
      const labels = labelsOf(incident);
      return silenced(labels, now) ?? muted(to, now) ?? inhibited(incident, labels);
    },
    refresh(inForce, open) {
      silences = inForce;
      if (config.inhibit.length === 0) return;
      sources = [];
      for (const incident of open) {
        const labels = labelsOf(incident);
        config.inhibit.forEach(({ source }, rule) => {
          if (incident.closedAt === 0 && matches(source, labels)) {
            sources.push({ rule, id: incident.id, labels });
          }
        });
      }
    },
  };
}
