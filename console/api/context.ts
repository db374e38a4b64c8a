import type { Logger } from '../../config/logger.ts';
import type { Config } from '../../config/schema.ts';
import type { Audit } from '../../store/audit/audit.ts';
import type { Db } from '../../store/db.ts';
import type { Keys } from '../auth/keys.ts';
import type { LoginLink } from '../auth/login-link.ts';
import type { Oidc } from '../auth/oidc.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { LiveHub } from '../live.ts';

/** What the API's operations are built from. */
export interface ApiContext {
  config: Config;
  db: Db;
  log: Logger;
  /** Epoch ms. */
  now: () => number;
  /** An id that nobody can guess, at least 128 random bits. */
  newId: () => string;
  sessions: Sessions;
  keys: Keys;
  /** Null where no OpenID provider is configured. */
  oidc: Oidc | null;
  link: LoginLink;
  live: LiveHub;
  /** Where every decision is recorded. */
  audit: Audit;
  /** This version of tokenwatch. */
  version: string;
}
