import type { AlertingConfig } from '../../config/alerting.ts';
import { isResponder } from '../../config/receivers.ts';
import type { GROUP_LABELS, RouteConfig } from '../../config/routes.ts';
import { matches } from '../../model/incident-match.ts';
import type { Labels } from '../../model/incident-match.ts';

/** What a route says of time and grouping, with what it inherits; durations in ms. */
export interface Rule {
  groupBy: readonly (typeof GROUP_LABELS)[number][];
  groupWait: number;
  urgentWait: number;
  groupInterval: number;
  repeatInterval: number;
  mute: readonly string[];
  active: readonly string[];
}

/** One receiver that an incident goes to, and why. */
export interface Destination {
  receiver: string;
  /** Where the deciding route stands in the configuration: `route.routes[1]`. */
  path: string;
  rule: Rule;
  /** Set on an escalation: told only if nobody has acknowledged this long (ms) after the opening. */
  escalateAfter: number | null;
}

/** Alertmanager's defaults, except that grave incidents do not wait. */
const DEFAULT_RULE: Rule = {
  groupBy: ['incident'],
  groupWait: 10_000,
  urgentWait: 0,
  groupInterval: 300_000,
  repeatInterval: 4 * 3_600_000,
  mute: [],
  active: [],
};

interface Node {
  path: string;
  route: RouteConfig;
  rule: Rule;
  receivers: readonly string[];
  escalate: readonly { after: number; receiver: readonly string[] }[];
  children: Node[];
}

/** A routing tree ready to be asked. */
export interface RoutingTree {
  destinations(labels: Labels): Destination[];
  /** The routes that an incident passes on its way, outermost first. */
  explain(labels: Labels): Explanation;
}

/** What `tokenwatch routes test` prints. */
export interface Explanation {
  /** Every route that matched, from the root down, in the order in which they were tried. */
  path: string[];
  destinations: Destination[];
}

function ruleOf(route: RouteConfig, parent: Rule): Rule {
  return {
    groupBy: route.group_by ?? parent.groupBy,
    groupWait: route.group_wait ?? parent.groupWait,
    urgentWait: route.urgent_wait ?? parent.urgentWait,
    groupInterval: route.group_interval ?? parent.groupInterval,
    repeatInterval: route.repeat_interval ?? parent.repeatInterval,
    // Intervals are not inherited, as in Alertmanager: a parent's night must not silence a child.
    mute: route.mute ?? [],
    active: route.active ?? [],
  };
}

function nodeOf(
  route: RouteConfig,
  path: string,
  parent: Omit<Node, 'route' | 'path' | 'children'>,
): Node {
  const own = {
    rule: ruleOf(route, parent.rule),
    receivers: route.receiver ?? parent.receivers,
    escalate: route.escalate ?? parent.escalate,
  };
  const children = route.routes.map((child, index) =>
    nodeOf(child, `${path}.routes[${String(index)}]`, own),
  );
  return { path, route, ...own, children };
}

/** The routes below and including `node` that decide: the deepest that match. */
function deciding(node: Node, labels: Labels, passed: string[]): Node[] {
  if (!matches(node.route.match, labels)) return [];
  passed.push(node.path);
  const found: Node[] = [];
  for (const child of node.children) {
    const below = deciding(child, labels, passed);
    found.push(...below);
    if (below.length > 0 && !child.route.continue) break;
  }
  return found.length > 0 ? found : [node];
}

function destinationsOf(node: Node): Destination[] {
  const { path, rule } = node;
  const first = node.receivers.map((receiver) => ({ receiver, path, rule, escalateAfter: null }));
  const later = node.escalate.flatMap((step, index) =>
    step.receiver.map((receiver) => ({
      receiver,
      path: `${path}.escalate[${String(index)}]`,
      rule,
      escalateAfter: step.after,
    })),
  );
  return [...first, ...later];
}

/** One message a receiver and step: the same receiver by two routes is told by the first of them. */
function distinct(destinations: readonly Destination[]): Destination[] {
  const seen = new Map<string, Destination>();
  for (const destination of destinations) {
    const key = `${destination.receiver}\0${String(destination.escalateAfter)}`;
    if (!seen.has(key)) seen.set(key, destination);
  }
  return [...seen.values()];
}

/** The configured tree; without one, everybody who can be told is told everything. */
export function routingTree(config: AlertingConfig): RoutingTree {
  const tellers = Object.entries(config.receivers)
    .filter(([, receiver]) => !isResponder(receiver))
    .map(([name]) => name);
  const everyone: RouteConfig = { match: {}, receiver: tellers, continue: false, routes: [] };
  const root = nodeOf(config.route ?? everyone, 'route', {
    rule: DEFAULT_RULE,
    receivers: [],
    escalate: [],
  });
  const explain = (labels: Labels): Explanation => {
    const path: string[] = [];
    const found = deciding(root, labels, path).flatMap(destinationsOf);
    return { path, destinations: distinct(found) };
  };
  return { explain, destinations: (labels) => explain(labels).destinations };
}
