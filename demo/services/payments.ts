import { digest } from '../random.ts';
import { runService } from './run.ts';

await runService({ checksEnvironment: true }, ({ serve }) => {
  serve('pay', 201, ({ object, amount }) => ({
    id: digest(12, 'payment', object, amount ?? 0),
    amount,
    status: 'accepted',
  }));
  serve('payment', 200, ({ object }) => ({ id: object, status: 'settled' }));
  serve('refund', 202, ({ object }) => ({ id: object, status: 'refund_pending' }));
});
