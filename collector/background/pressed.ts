import { performance } from 'node:perf_hooks';

/** Ms over which the event loop is looked at. */
const WINDOW = 1000;
/** Share of them in which it had something to do; preempted by another process it has as well. */
const MOST = 0.85;

/** Tells whether this process has more to do than it gets CPU time for; asked every now and then. */
export function pressure(): () => boolean {
  let last = performance.eventLoopUtilization();
  let isPressed = false;
  return () => {
    const { active, idle, utilization } = performance.eventLoopUtilization(last);
    if (active + idle >= WINDOW) {
      isPressed = utilization > MOST;
      last = performance.eventLoopUtilization();
    }
    return isPressed;
  };
}
