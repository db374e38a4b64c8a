import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { isPrivileged } from '../inventory/sensitive.ts';
import { list } from '../words.ts';
import { SEEN } from './inventory-undocumented-route.ts';
import type { SeenWindow } from './inventory-undocumented-route.ts';

/** A field that requests of an endpoint had. */
export interface FieldWindow extends SeenWindow {
  /** Its name; `owner.id` and `owner[0]` are of the field `owner`. */
  name: string;
}

const field = { ...SEEN, method: 'POST', route: '/v1/users', name: 'role' };

/** A request had a field that the OpenAPI file does not know, and was answered: mass assignment. */
export const inventoryUnexpectedField = defineDetection<
  FieldWindow,
  { known: ReadonlySet<string> | null }
>({
  id: 'inventory.unexpected-field',
  title: 'Request field that is not documented',
  family: 'inventory',
  severity: 'medium',
  owasp: ['API3:2023'],
  attack: ['T1190'],
  parameters: {},
  blindSpots: [
    'Services that do not report the names of request fields.',
    'Operations whose schema lets any field pass, or refers to other files, which are never opened.',
    'Only top-level names are compared; values are never known.',
  ],
  runbook: [
    'See whether the service bound the field: read the object back, and look at its code.',
    'If it did, this is mass assignment: list the fields that callers may set, and check what was changed.',
  ],
  detect: (window, { known }) => {
    const name = window.name.split(/[.[]/)[0] ?? '';
    if (known === null || name === '' || known.has(name)) return null;
    return certainly({
      value: name,
      explanation:
        `${window.method} ${window.route} of ${window.service} was sent the field “${name}” and ` +
        `answered; usual are the documented ones: ${list([...known].sort(), 8)}.`,
      seen: name,
      usual: list([...known].sort(), 20),
      unit: 'request fields',
      facts: { privileged: isPrivileged(name), tokens: window.tokens },
      from: window.first,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [
      {
        name: 'documented',
        window: { ...field, name: 'email' },
        baseline: { known: new Set(['email']) },
      },
      { name: 'any may come', window: field, baseline: { known: null } },
    ],
    firing: [{ name: 'a role', window: field, baseline: { known: new Set(['email', 'name']) } }],
  },
});
