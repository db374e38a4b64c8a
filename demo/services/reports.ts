import { runService } from './run.ts';

// The flaw that one of the attacks uses: this service takes tokens of any environment.
await runService({ checksEnvironment: false }, ({ serve }) => {
  serve('report', 200, ({ object }) => ({ id: object, rows: Number(object.slice(-2)) }));
  serve('export', 202, ({ object }) => ({ id: object, status: 'queued' }));
});
