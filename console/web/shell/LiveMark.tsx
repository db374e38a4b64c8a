import type { ReactNode } from 'react';
import type { LiveState } from '../data/live.ts';

const WORDS: Record<LiveState, string> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Connection lost, trying again',
};

/** Whether what is shown keeps itself up to date. */
export function LiveMark({ state }: { state: LiveState }): ReactNode {
  return (
    <span className="tw-live" data-state={state} role="status">
      <span className="tw-live-dot" aria-hidden="true" />
      {WORDS[state]}
    </span>
  );
}
