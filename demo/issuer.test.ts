import { expect, test } from 'vitest';
import { castOf } from './cast.ts';
import { Issuer } from './issuer.ts';

const NOW = Date.UTC(2026, 10, 22);
const grants = castOf(1, NOW).map(({ grant }) => grant);
const issuer = new Issuer('a-key-of-the-demo-issuer', grants);

test('every token is taken until it ends, and is the same again after a restart', async () => {
  const again = new Issuer('a-key-of-the-demo-issuer', grants);
  for (const grant of grants) {
    const token = await issuer.mint(grant);
    expect(await again.mint(grant)).toBe(token);
    expect(await issuer.check(token, NOW)).toEqual({ ok: true, grant });
    const after = await issuer.check(token, grant.expiresAt * 1_000 + 1_000);
    expect(after).toEqual({ ok: false, why: 'expired' });
  }
});

test('what the issuer did not make is refused', async () => {
  const other = new Issuer('another-key-of-an-issuer', grants);
  for (const grant of grants.slice(0, 4)) {
    const verdict = await other.check(await issuer.mint(grant), NOW);
    expect(verdict.ok).toBe(false);
  }
  for (const token of ['', 'eyJ.eyJ.x', 'bk_live_00_x', `bk_live_abc_${'a'.repeat(32)}`]) {
    expect((await issuer.check(token, NOW)).ok).toBe(false);
  }
});
