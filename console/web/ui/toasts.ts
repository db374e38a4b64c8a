import { useSyncExternalStore } from 'react';

/** A short word at the edge of the page, with at most one thing to do about it. */
export interface Toast {
  id: number;
  tone: 'done' | 'failed';
  text: string;
  action?: { label: string; run: () => void };
}

/** How long a toast stays, ms; long enough to reach Undo by keyboard. */
const STAYS = 7_000;
const AT_ONCE = 3;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

export function dismiss(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

/** Shows a toast; the oldest makes room. */
export function toast(given: Omit<Toast, 'id'>): void {
  lastId += 1;
  const id = lastId;
  change([...toasts, { ...given, id }].slice(-AT_ONCE));
  window.setTimeout(() => dismiss(id), STAYS);
}

/** The latest toast that offers a way back, for the keyboard. */
export function latestAction(): (() => void) | null {
  const found = toasts.findLast((one) => one.action !== undefined);
  if (found?.action === undefined) return null;
  const { run } = found.action;
  return () => {
    dismiss(found.id);
    run();
  };
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(subscribe, () => toasts);
}
