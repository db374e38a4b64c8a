import { digest } from '../random.ts';
import { runService } from './run.ts';

await runService({ checksEnvironment: true }, ({ serve }) => {
  serve('account', 200, ({ object }) => ({ id: object, currency: 'EUR', status: 'open' }));
  serve('balance', 200, ({ object }) => ({ id: object, balance: balanceOf(object) }));
  serve('transactions', 200, ({ object }) => ({
    id: object,
    transactions: Array.from({ length: 5 }, (_, index) => ({
      id: digest(12, 'transaction', object, index),
      amount: balanceOf(`${object}/${index}`),
    })),
  }));
  serve('owner', 200, ({ object, grant }) => ({ id: object, owner: grant.clientId }));
});

/** A balance in euros that stays the same for the same account. */
function balanceOf(account: string): number {
  return parseInt(digest(6, 'balance', account), 16) / 100;
}
