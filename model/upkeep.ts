/**
 * Families of detections that say how tokens, routes and reports are kept, and nothing of what calls did:
 * they are no sign of anything, and what is under such an incident goes on teaching.
 */
const FAMILIES = ['lifecycle', 'inventory', 'pipeline'] as const;

/** The ids of their detections, as a regular expression that JavaScript and ClickHouse (RE2) both read. */
export const UPKEEP = `^(${FAMILIES.join('|')})[.]`;

const PATTERN = new RegExp(UPKEEP);

/** Whether a detection is one of upkeep, by its id. */
export function isUpkeep(detection: string): boolean {
  return PATTERN.test(detection);
}
