import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { pressure } from './pressed.ts';

test('a loop that is never idle is pressed, one that waits is not', async () => {
  const isPressed = pressure();
  expect(isPressed()).toBe(false);
  // However slow the machine is: the loop works from here to the end of the window.
  const end = performance.now() + 1_100;
  while (performance.now() < end);
  expect(isPressed()).toBe(true);
  await delay(3_000);
  expect(isPressed()).toBe(false);
});
