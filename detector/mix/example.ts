import type { MixPast } from '../../store/detection/mixes.ts';
import { shareBits } from './shift.ts';
import type { Shift } from './shift.ts';

const STATEMENTS = {
  ...{ route: 'GET /statements', firstSeen: 0 },
  ...{ calls: 3_900, squares: 60_000, products: 171_600 },
};

/** A desk, for examples: 300 hours of forty calls, thirteen of them to the statements, with some scatter. */
export const DESK: MixPast = {
  ...{ active: 300, calls: 12_000, squares: 528_000 },
  routes: [
    { route: 'GET /balances', firstSeen: 0, calls: 7_200, squares: 196_000, products: 316_800 },
    STATEMENTS,
    { route: 'POST /payments', firstSeen: 0, calls: 900, squares: 4_200, products: 39_600 },
  ],
};

/** So many calls of the desk to the statements, of all its calls. */
export function hourOfDesk(calls: number, of: number): Shift {
  const bits = shareBits(calls, of, STATEMENTS, DESK);
  return { route: STATEMENTS.route, calls, of, usual: 0.325, bits };
}
