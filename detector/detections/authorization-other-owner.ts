import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { count, list, plural } from '../words.ts';

/** Objects of other owners that a token was served; epoch ms. */
export interface OwnerWindow {
  first: number;
  last: number;
  calls: number;
  objects: number;
  owners: number;
  routes: readonly string[];
}

export interface OwnerBaseline {
  /** The client's calls in the week before on objects with an owner, and on those of others. */
  clientCalls: number;
  clientForeign: number;
}

const some: OwnerWindow = {
  ...{ first: MONDAY, last: MONDAY + 5, calls: 2, objects: 2, owners: 2 },
  routes: ['GET /accounts/:id'],
};

/** A token is served objects whose owner, as the service says, is somebody else. */
export const authorizationOtherOwner = defineDetection<OwnerWindow, OwnerBaseline>({
  id: 'authorization.other-owner',
  title: 'Object of another owner served',
  family: 'authorization',
  severity: 'high',
  owasp: ['API1:2023'],
  attack: ['T1213'],
  parameters: { usual_share: 0.05 },
  blindSpots: [
    'Services that do not report the owner of an object and the subject of the token.',
    'Clients that act for others as a rule (a call centre): more than one call in twenty.',
    'A client’s first calls of all, where it will turn out to be such a one.',
  ],
  runbook: [
    'Ask the service team whether the route checks the owner, and whether this holder may act for others.',
    'If not, close the route and revoke the token; see which other tokens it served so.',
  ],
  detect: (window, { clientCalls, clientForeign }, parameters) => {
    const share = parameters['usual_share'] ?? 0.05;
    if (window.calls === 0 || (clientForeign > 0 && clientForeign > clientCalls * share))
      return null;
    return certainly({
      explanation:
        `${plural(window.objects, 'object')} of ${plural(window.owners, 'other owner')} served by ` +
        `${list(window.routes)} in ${plural(window.calls, 'call')}; usual for the client are its own: ` +
        `${count(clientForeign)} of ${count(clientCalls)} calls of the week before were on others'.`,
      seen: window.objects,
      usual: 'objects of the holder',
      unit: 'objects of other owners',
      facts: { owners: window.owners, calls: window.calls, served_by: [...window.routes] },
      from: window.first,
      to: window.last + 1,
      calls: window.objects,
    });
  },
  examples: {
    quiet: [
      {
        name: 'a call centre',
        window: some,
        baseline: { clientCalls: 900, clientForeign: 880 },
      },
    ],
    firing: [
      { name: 'two accounts', window: some, baseline: { clientCalls: 900, clientForeign: 0 } },
      { name: 'nothing known', window: some, baseline: { clientCalls: 0, clientForeign: 0 } },
    ],
  },
});
