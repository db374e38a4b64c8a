import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { count, list, plural } from '../words.ts';

/** Objects of another client that a token was served; epoch ms. */
export interface StrayWindow {
  objectType: string;
  /** The client that alone had them before. */
  usualClient: string;
  objects: number;
  first: number;
  last: number;
  calls: number;
  routes: readonly string[];
}

export interface StrayBaseline {
  /** Calls of the usual client on it before. */
  usualCalls: number;
  /** Objects of this type that are known, and those that more than one client was served. */
  known: number;
  shared: number;
}

const one: StrayWindow = {
  ...{ objectType: 'account', usualClient: 'acme', objects: 1, first: MONDAY, last: MONDAY + 5 },
  ...{ calls: 1, routes: ['GET /accounts/:id'] },
};

/** An object that only one client ever had is served to another. */
export const authorizationOtherClientsObject = defineDetection<StrayWindow, StrayBaseline>({
  id: 'authorization.other-clients-object',
  title: 'Object of one client served to another',
  family: 'authorization',
  severity: 'critical',
  owasp: ['API1:2023'],
  attack: ['T1213'],
  parameters: { usual_calls: 3, shared_share: 0.02 },
  blindSpots: [
    'Kinds of objects that are commonly shared between clients: nothing can be concluded of one.',
    'Objects that the other client had fewer than three times.',
    'A customer who gives the same account to a second client looks alike, unless the subject is reported.',
  ],
  runbook: [
    'Ask the service team whether the second client has any right to the object.',
    'If not, the object-level check of the route is broken: close it, and look who else used it so.',
  ],
  detect: (window, baseline, parameters) => {
    const { usualCalls, known, shared } = baseline;
    if (usualCalls < (parameters['usual_calls'] ?? 3)) return null;
    if (shared > known * (parameters['shared_share'] ?? 0.02)) return null;
    const kind = window.objectType === '' ? 'object' : window.objectType;
    return certainly({
      value: window.usualClient,
      explanation:
        `${plural(window.objects, kind)} that only ${window.usualClient} had before ` +
        `(${plural(usualCalls, 'call')}) ${window.objects === 1 ? 'was' : 'were'} served by ` +
        `${list(window.routes)}; usual is one client for each: ${count(shared)} of ` +
        `${count(known)} others are shared.`,
      seen: window.objects,
      usual: 'none',
      unit: 'objects of another client',
      facts: {
        usual_client: window.usualClient,
        served_by: [...window.routes],
        calls: window.calls,
      },
      from: window.first,
      to: window.last + 1,
      calls: window.objects,
    });
  },
  examples: {
    quiet: [
      {
        name: 'a kind of object that clients share',
        window: { ...one, objectType: 'currency' },
        baseline: { usualCalls: 50, known: 40, shared: 30 },
      },
      {
        name: 'hardly known',
        window: one,
        baseline: { usualCalls: 1, known: 400, shared: 0 },
      },
    ],
    firing: [
      { name: 'an account', window: one, baseline: { usualCalls: 12, known: 400, shared: 1 } },
    ],
  },
});
