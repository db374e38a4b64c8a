/** Exit codes of every command. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** The command was used wrongly: exit code 2, no stack. */
export class UsageError extends Error {}
