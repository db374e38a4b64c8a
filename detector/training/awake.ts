import type { Db } from '../../store/db.ts';
import { writeProfiles } from '../../store/detection/profiles.ts';
import type { ProfileRow } from '../../store/detection/profiles.ts';
import { EVERYBODY, readStates } from '../../store/detection/states.ts';
import type { WindowRow } from '../../store/detection/windows.ts';
import { clientKey, expectedOf, profileRow } from '../volume/book.ts';
import { NOBODY, SILENT, parentFrom } from '../volume/parent.ts';
import { learnHour, stateFrom, trainedThrough } from '../volume/state.ts';

/**
 * Of tokens that call again after a long silence nothing is written down for the hour. What they are
 * known for is looked up, kept for the rest of the hour, and put in the place of what a new token of
 * their client is expected to do; tokens that are new indeed stay as they are.
 *
 * @param rows windows of tokens in one hour
 */
export async function awaken(
  db: Db,
  hour: number,
  rows: readonly WindowRow[],
): Promise<WindowRow[]> {
  const strange = rows.filter((row) => row.known === 0);
  if (strange.length === 0) return [...rows];
  const tokens = await readStates(
    db,
    'token',
    strange.map((row) => row.tokenHash),
  );
  if (tokens.length === 0) return [...rows];
  const [clients, [everybody]] = await Promise.all([
    readStates(
      db,
      'client',
      tokens.map((row) => clientKey(row.clientId)),
    ),
    readStates(db, 'all', [EVERYBODY]),
  ]);
  const above = everybody === undefined ? NOBODY : parentFrom(everybody.state, NOBODY, hour, 1);
  const clientOf = new Map(clients.map((row) => [row.clientId, row]));
  const siblingsOf = new Map(strange.map((row) => [row.tokenHash, row.siblings]));
  const written: ProfileRow[] = [];
  for (const { key, clientId, state } of tokens) {
    const client = clientOf.get(clientId);
    if (client === undefined || stateFrom(state) === null) continue;
    const siblings = siblingsOf.get(key) ?? 1;
    const parent = parentFrom(client.state, above, hour, siblings);
    // As long as others have been trained: silence up to there.
    while (trainedThrough(state) < client.hour) learnHour(state, parent, SILENT);
    const expected = expectedOf(state, parent, hour, siblings);
    written.push(profileRow({ entity: 'token', key, clientId, ...expected }));
  }
  await writeProfiles(db, written);
  const own = new Map(written.map((row) => [row.key, row]));
  return rows.map((row) => {
    const found = own.get(row.tokenHash);
    return found === undefined
      ? row
      : { ...row, ...found, clientId: row.clientId, known: 1, x1440: row.x1440 + found.earlier };
  });
}
