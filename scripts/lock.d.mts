export function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options?: { timeoutMs?: number; onWait?: (pid: number) => void },
): Promise<T>;
