import { useEffect, useState } from 'react';
import { queryClient } from './queries.ts';

/** Changes are gathered this long before what they touch is read again, ms. */
const GATHER = 400;

export type LiveState = 'connecting' | 'live' | 'lost';

/** Follows the server's events and makes stale what they touch; says how the connection fares. */
export function useLive(enabled: boolean): LiveState {
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => {
    if (!enabled) return undefined;
    const source = new EventSource('/api/v1/events');
    let timer: number | undefined;
    let dropped = false;
    const refresh = (): void => {
      timer ??= window.setTimeout(() => {
        timer = undefined;
        void queryClient.invalidateQueries({ queryKey: ['incidents'] });
      }, GATHER);
    };
    source.addEventListener('hello', () => {
      setState('live');
      // What happened while the line was down is not told again: read it.
      if (dropped) refresh();
      dropped = false;
    });
    source.addEventListener('incidents', refresh);
    source.addEventListener('error', () => {
      dropped = true;
      setState('lost');
    });
    return () => {
      source.close();
      window.clearTimeout(timer);
    };
  }, [enabled]);
  return state;
}
