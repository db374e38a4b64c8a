import { z } from 'zod';

/** `console:` — the triage page and the REST API. */
export const consoleSchema = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(65535).default(8080),
  /** How people reach it, for links in messages; `http://<host>:<port>` by default. */
  url: z.url().optional(),
  /** What a visitor without a key may do; only for demonstrations on the loopback address. */
  anonymous: z.enum(['nothing', 'viewer']).default('nothing'),
});
