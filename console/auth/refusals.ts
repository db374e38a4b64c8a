import type { Logger } from '../../config/logger.ts';
import type { Audit } from '../../store/audit/audit.ts';
import type { Caller } from './roles.ts';

/** So many are recorded in a minute; of a flood, only how many more there were. */
const PER_MINUTE = 30;
const MINUTE = 60_000;

/** Records a call that was refused: who, what, with which status. */
export type NoteRefusal = (operation: string, caller: Caller, status: number) => void;

/**
 * Refused calls in the audit chain. Whoever hammers the API must not be able to fill the chain, so
 * a minute holds few of them, and the first of the next minute says how many were left out.
 */
export function createRefusals(options: {
  audit: Audit;
  log: Logger;
  now: () => number;
}): NoteRefusal {
  const { audit, log, now } = options;
  let minute = 0;
  let noted = 0;
  let omitted = 0;
  return (operation, caller, status) => {
    const current = Math.floor(now() / MINUTE);
    if (current !== minute) {
      minute = current;
      noted = 0;
    }
    noted += 1;
    if (noted > PER_MINUTE) {
      omitted += 1;
      return;
    }
    const detail = { status, ...(omitted > 0 ? { omitted_before: omitted } : {}) };
    omitted = 0;
    const record = { actor: caller.actor, action: 'api.refused', subject: operation, detail };
    audit.record([record]).catch((error: unknown) => {
      log.warn({ err: error }, 'a refusal cannot be kept in the audit chain yet');
    });
  };
}
