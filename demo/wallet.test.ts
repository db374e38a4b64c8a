import { expect, test } from 'vitest';
import { castOf } from './cast.ts';
import { Issuer } from './issuer.ts';
import { Wallet } from './wallet.ts';

const NOW = Date.UTC(2026, 10, 22, 19, 7, 13);
const cast = castOf(1, NOW);
const issuer = new Issuer(
  'a-key-of-the-demo-issuer',
  cast.map(({ grant }) => grant),
);

test('a refused token gives way to a new one, which services take by its grant', async () => {
  const wallet = await Wallet.open(issuer, cast, {});
  for (const actor of cast) {
    const old = wallet.of(actor);
    const renewed = await wallet.renew(actor, old, NOW);
    expect(renewed).toBe(wallet.of(actor));
    expect(renewed?.token).not.toBe(old.token);
    expect(renewed?.grant).toMatchObject({ clientId: old.grant.clientId, issuedAt: NOW / 1_000 });
    const verdict = await issuer.check(renewed?.token ?? '', NOW);
    expect(verdict).toEqual({ ok: true, grant: renewed?.grant });
    expect((await issuer.check(renewed?.token ?? '', NOW + 300 * 86_400_000)).ok).toBe(false);
  }
});

test('several refusals of one token are one renewal, and the next one has to wait', async () => {
  const wallet = await Wallet.open(issuer, cast, {});
  const [actor] = cast;
  if (actor === undefined) throw new Error('an empty cast');
  const old = wallet.of(actor);
  const both = await Promise.all([wallet.renew(actor, old, NOW), wallet.renew(actor, old, NOW)]);
  expect(both.filter((held) => held !== null)).toHaveLength(1);
  const renewed = wallet.of(actor);
  expect(await wallet.renew(actor, renewed, NOW + 9_000)).toBeNull();
  expect(await wallet.renew(actor, renewed, NOW + 10_000)).not.toBeNull();
});

test('after a restart the wallet holds what was renewed', async () => {
  const [actor] = cast;
  if (actor === undefined) throw new Error('an empty cast');
  const wallet = await Wallet.open(issuer, cast, {});
  const renewed = await wallet.renew(actor, wallet.of(actor), NOW);
  const again = await Wallet.open(issuer, cast, { [actor.grant.id]: NOW / 1_000 });
  expect(again.of(actor)).toEqual(renewed);
});
