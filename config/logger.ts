import { pino } from 'pino';
import type { Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * A stage's logger: JSON lines on standard error. Request bodies, headers and addresses are never
 * passed to it; what could slip in with an error object is cut away here.
 */
export function createLogger(stage: string, level: string): Logger {
  return pino(
    {
      name: stage,
      level,
      base: { stage },
      redact: {
        paths: [
          'req.headers',
          'headers',
          'authorization',
          '*.authorization',
          'password',
          '*.password',
        ],
        censor: '[redacted]',
      },
      serializers: {
        // An error's message and place; never its attached request or response.
        err: (error: Error) => ({ type: error.name, message: error.message, stack: error.stack }),
        req: (request: { method?: string }) => ({ method: request.method }),
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
