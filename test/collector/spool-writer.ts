import { Keeper } from '../../collector/keep/keeper.ts';
import { Spool } from '../../collector/keep/spool.ts';
import { emptyCall } from '../../model/call.ts';
import { appendCall } from '../../store/calls/call-block.ts';

/** A process that keeps calls while its store is away, and tells its parent which; to be killed. */
const [folder = ''] = process.argv.slice(2);
const spool = await Spool.open({
  folder,
  maxBytes: 1e9,
  instance: 'killed',
  onProblem: () => undefined,
});
const keeper = new Keeper({
  ...{
    spool,
    maxRows: 10,
    maxWait: 1,
    maxInFlight: 3,
    maxQueued: 10,
    spoolAfter: 100,
    spoolRows: 1000,
  },
  ...{ patience: 100, instance: 'killed', now: () => performance.now() },
  insert: () => Promise.reject(new Error('the store is away')),
  onFailure: () => undefined,
});
for (let index = 0; ; index++) {
  const tokenId = `call-${index}`;
  appendCall(keeper.block, { ...emptyCall(Date.now(), 'otlp'), service: 'killed', tokenId });
  if (await keeper.commit()) process.send?.(tokenId);
}
