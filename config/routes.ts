import { z } from 'zod';
import { SEVERITY_NAMES } from './severity-names.ts';
import { duration } from './duration.ts';

const text = z.union([z.string(), z.array(z.string()).min(1)]);

/**
 * What an incident must be to match: every key given must hold; a list means any of; `*` inside a
 * value stands for anything (`payments-*`, `volume.*`).
 */
export const matchSchema = z.strictObject({
  min_severity: z.enum(SEVERITY_NAMES).optional(),
  severity: text.optional(),
  detection: text.optional(),
  client: text.optional(),
  service: text.optional(),
  environment: text.optional(),
  token: text.optional(),
  entity: text.optional(),
  campaign: z.boolean().optional(),
});

export type Match = z.infer<typeof matchSchema>;

/** What messages may be grouped by; `incident` gives each its own. */
export const GROUP_LABELS = ['incident', 'client', 'service', 'environment', 'severity'] as const;

const receivers = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const routeShape = {
  match: matchSchema.prefault({}),
  /** One name or several; inherited from the parent where it is not given. */
  receiver: receivers.optional(),
  /** Go on to the next sibling after this one matched. */
  continue: z.boolean().default(false),
  group_by: z.array(z.enum(GROUP_LABELS)).min(1).optional(),
  /** How long a new low or medium incident gathers findings before anyone is told. */
  group_wait: duration().optional(),
  /** The same for high and critical ones. */
  urgent_wait: duration().optional(),
  /** Least time between two messages about the same group; a raised severity does not wait. */
  group_interval: duration().optional(),
  /** Said again after this while nobody has acknowledged. */
  repeat_interval: duration().optional(),
  /** Names of `time_intervals`: say nothing within these, or only within those. What is held is told after. */
  mute: z.array(z.string()).optional(),
  active: z.array(z.string()).optional(),
  /** Not acknowledged `after` the first message: tell this receiver as well. */
  escalate: z.array(z.strictObject({ after: duration(), receiver: receivers })).optional(),
};

/** One node of the routing tree, as parsed. */
export interface RouteConfig {
  match: Match;
  receiver?: string[] | undefined;
  continue: boolean;
  group_by?: (typeof GROUP_LABELS)[number][] | undefined;
  group_wait?: number | undefined;
  urgent_wait?: number | undefined;
  group_interval?: number | undefined;
  repeat_interval?: number | undefined;
  mute?: string[] | undefined;
  active?: string[] | undefined;
  escalate?: { after: number; receiver: string[] }[] | undefined;
  routes: RouteConfig[];
}

export const routeSchema: z.ZodType<RouteConfig> = z.strictObject({
  ...routeShape,
  get routes() {
    return z.array(routeSchema).default([]);
  },
});

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** `time_intervals.<name>`: any of its entries; within an entry, all that is given. */
export const timeIntervalSchema = z.array(
  z.strictObject({
    /** IANA name of the zone in which the rest is read. */
    zone: z
      .string()
      .refine((zone) => isZone(zone), 'expected an IANA time zone such as Europe/Berlin')
      .default('UTC'),
    weekdays: z.array(z.enum(WEEKDAYS)).optional(),
    /** `HH:MM-HH:MM`; an end before its start runs past midnight. */
    times: z
      .array(
        z
          .string()
          .regex(
            /^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/,
            'expected HH:MM-HH:MM',
          ),
      )
      .optional(),
    months: z.array(z.int().min(1).max(12)).optional(),
    days_of_month: z.array(z.int().min(1).max(31)).optional(),
  }),
);

export type TimeInterval = z.infer<typeof timeIntervalSchema>;

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** `inhibit`: while an incident matches `source`, those that match `target` are not told. */
export const inhibitSchema = z.strictObject({
  source: matchSchema,
  target: matchSchema,
  /** Both must have these, and the same; an incident without one is never inhibited by it. */
  equal: z.array(z.enum(['client', 'service', 'environment', 'token'])).default([]),
});

export type Inhibition = z.infer<typeof inhibitSchema>;
