import { z } from 'zod';
import { duration } from './duration.ts';
import { isResponder, receiverSchema } from './receivers.ts';
import { revocationPolicySchema } from './revocation.ts';
import { inhibitSchema, routeSchema, timeIntervalSchema } from './routes.ts';
import type { RouteConfig } from './routes.ts';
import { secret } from './secret.ts';

const interactionsSchema = z.strictObject({
  /** Slack's button presses arrive here, at `/slack/interactions`; off unless a port is set. */
  port: z.int().min(0).max(65535).optional(),
  host: z.string().default('127.0.0.1'),
  /** The signing secrets of the Slack apps that may press buttons. */
  signing_secrets: z.array(secret()).default([]),
  /** Slack users (`U…`) who may press buttons; everyone in the workspace when empty. */
  users: z.array(z.string()).default([]),
  /** Whose they are, by Slack user: the names under which the same people sign in to the console. */
  people: z.record(z.string().regex(/^[UW][A-Z0-9]{2,20}$/), z.string().min(1)).default({}),
});

const incidentsSchema = z.strictObject({
  /** A new finding this soon after an incident was closed reopens it; later it opens another. */
  reopen_within: duration().default(24 * 3_600_000),
  /** How long a false-positive verdict keeps the same detection of the same value from reopening. */
  false_positive_for: duration().default(30 * 86_400_000),
  /** So many incidents of one client, or from one network, within `campaign_window` are a campaign. */
  campaign_size: z.int().min(2).default(5),
  campaign_window: duration().default(3_600_000),
});

type Complain = (path: (string | number)[], message: string) => void;

function checkResponders(config: AlertingShape, complain: Complain): void {
  for (const name of config.revocation.receivers) {
    const receiver = config.receivers[name];
    if (receiver !== undefined && !isResponder(receiver))
      complain(['revocation', 'receivers'], `${name} tells people; expected revocation or caep`);
  }
}

/** Every name that a route, an escalation or the revocation policy uses must be there. */
function checkNames(config: AlertingShape, context: z.RefinementCtx): void {
  const complain: Complain = (path, message) => {
    context.addIssue({ code: 'custom', path, message });
  };
  const known = (names: readonly string[], path: (string | number)[]): void => {
    for (const name of names) {
      if (config.receivers[name] === undefined)
        complain(path, `no receiver is called ${JSON.stringify(name)}`);
    }
  };
  const tellers = (names: readonly string[], path: (string | number)[]): void => {
    known(names, path);
    for (const name of names) {
      const receiver = config.receivers[name];
      if (receiver !== undefined && isResponder(receiver))
        complain(
          path,
          `${name} revokes tokens and tells nobody; it belongs to revocation.receivers`,
        );
    }
  };
  const walk = (route: RouteConfig, path: (string | number)[]): void => {
    tellers(route.receiver ?? [], [...path, 'receiver']);
    route.escalate?.forEach((step, index) => {
      tellers(step.receiver, [...path, 'escalate', index, 'receiver']);
    });
    for (const name of [...(route.mute ?? []), ...(route.active ?? [])]) {
      if (config.time_intervals[name] === undefined)
        complain(path, `no time interval is called ${JSON.stringify(name)}`);
    }
    route.routes.forEach((child, index) => {
      walk(child, [...path, 'routes', index]);
    });
  };
  if (config.route !== undefined) {
    walk(config.route, ['route']);
    if (config.route.receiver === undefined)
      complain(['route', 'receiver'], 'the root tells what no child matches: expected a receiver');
    if (Object.keys(config.route.match).length > 0)
      complain(['route', 'match'], 'the root takes every incident: expected no match');
  }
  known(config.revocation.receivers, ['revocation', 'receivers']);
  checkResponders(config, complain);
  if (config.interactions.port !== undefined && config.interactions.signing_secrets.length === 0) {
    complain(['interactions', 'signing_secrets'], 'buttons need at least one signing secret');
  }
}

const shape = z.strictObject({
  /** Seconds between two looks for new findings. */
  poll_seconds: z.number().min(0.05).max(60).default(0.5),
  receivers: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]*$/, 'expected a name such as soc-slack'),
      receiverSchema,
    )
    .default({}),
  /** The routing tree; without one, every incident goes to every receiver that tells people. */
  route: routeSchema.optional(),
  time_intervals: z.record(z.string(), timeIntervalSchema).default({}),
  inhibit: z.array(inhibitSchema).default([]),
  incidents: incidentsSchema.prefault({}),
  revocation: revocationPolicySchema.prefault({}),
  interactions: interactionsSchema.prefault({}),
  /** PKCS#8 PEM of an Ed25519 key that signs the entries of the audit chain. */
  audit_key: secret().optional(),
});

type AlertingShape = z.infer<typeof shape>;

/** `alerting:` — who is told, and what may be done. */
export const alertingSchema = shape.superRefine(checkNames);

export type AlertingConfig = z.infer<typeof alertingSchema>;
