export const pinnedNode: string;
export function setup(options?: { dev?: boolean }): Promise<void>;
export function missing(options?: { dev?: boolean; folder?: string }): string | null;
