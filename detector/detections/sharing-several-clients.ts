import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { list } from '../words.ts';

/** The clients that used one token within a day; epoch ms. */
export interface ClientsWindow {
  clients: readonly string[];
  first: number;
  last: number;
  calls: number;
}

const pair = { first: MONDAY, last: MONDAY + 1000, calls: 2 };

/** One token is used by several clients. */
export const sharingSeveralClients = defineDetection<ClientsWindow, object>({
  id: 'sharing.several-clients',
  title: 'One token used by several clients',
  family: 'sharing',
  severity: 'high',
  owasp: ['API2:2023'],
  attack: ['T1550.001'],
  parameters: {},
  blindSpots: ['Services that take the client from the token itself never see two.'],
  runbook: [
    'Find out which client it was issued to, and how the other came by it.',
    'Rotate it, and give each client a token of its own.',
  ],
  detect: (window) => {
    if (window.clients.length < 2) return null;
    return certainly({
      value: [...window.clients].sort().slice(0, 5).join(', '),
      explanation: `Used within a day by ${list(window.clients)}; usual is one client for each token.`,
      seen: window.clients.length,
      usual: 'one client',
      threshold: 1,
      unit: 'clients in 24 h',
      facts: { clients: [...window.clients], calls: window.calls },
      from: window.first,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [{ name: 'one client', window: { ...pair, clients: ['acme'] }, baseline: {} }],
    firing: [{ name: 'two clients', window: { ...pair, clients: ['acme', 'zeta'] }, baseline: {} }],
  },
});
