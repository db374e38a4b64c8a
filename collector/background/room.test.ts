import { expect, test } from 'vitest';
import { Room } from './room.ts';

function entered(room: Room, ...wanted: number[]) {
  const inside: number[] = [];
  const places = wanted.map((each, index) => room.enter(each, () => inside.push(index)));
  return { inside, places };
}

test('what does not fit waits in the order in which it came', () => {
  const room = new Room(10);
  const { inside, places } = entered(room, 6, 6, 1);
  // The last would fit, but it is not its turn.
  expect(inside).toEqual([0]);
  expect(room.waiting).toBe(2);
  places[0]?.leave();
  expect(inside).toEqual([0, 1, 2]);
  // Leaving twice gives nothing back twice.
  places[0]?.leave();
  places[1]?.leave();
  places[2]?.leave();
  const next = entered(room, 10, 1);
  expect(next.inside).toEqual([0]);
});

test('who wants more than there is gets all of it', () => {
  const room = new Room(10);
  expect(entered(room, 1_000).inside).toEqual([0]);
  expect(entered(room, 1).inside).toEqual([]);
});

test('who gives up makes way for the next', () => {
  const room = new Room(10);
  const { inside, places } = entered(room, 8, 5, 2);
  places[1]?.leave();
  expect(inside).toEqual([0, 2]);
  expect(room.waiting).toBe(0);
});

test('one that grows or shrinks is counted with what it takes then', () => {
  const room = new Room(10);
  const { inside, places } = entered(room, 4, 4);
  places[0]?.resize(12);
  const late = entered(room, 1);
  expect(late.inside).toEqual([]);
  places[0]?.resize(2);
  expect(late.inside).toEqual([0]);
  expect(inside).toEqual([0, 1]);
});
