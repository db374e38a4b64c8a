import type { Actor } from './cast.ts';
import { renewedGrant } from './issuer.ts';
import type { Grant, Issuer } from './issuer.ts';

/** A token as its holder has it. */
export interface Held {
  grant: Grant;
  token: string;
}

/** A client asks for a new token at most this often, ms: a 401 may have other reasons. */
const RENEW_APART_MS = 10_000;

/** The tokens that the bank's clients hold now. */
export class Wallet {
  readonly #issuer: Issuer;
  readonly #held: Map<Actor, Held>;

  private constructor(issuer: Issuer, held: Map<Actor, Held>) {
    this.#issuer = issuer;
    this.#held = held;
  }

  /**
   * The tokens of all actors.
   *
   * @param renewals when a token was last renewed, Unix seconds, by the first token's id
   */
  static async open(
    issuer: Issuer,
    actors: readonly Actor[],
    renewals: Readonly<Record<string, number>>,
  ): Promise<Wallet> {
    const held = new Map<Actor, Held>();
    for (const actor of actors) {
      const renewed = renewals[actor.grant.id];
      const grant = renewed === undefined ? actor.grant : renewedGrant(actor.grant, renewed);
      held.set(actor, { grant, token: await issuer.mint(grant) });
    }
    return new Wallet(issuer, held);
  }

  /** What an actor holds. @throws RangeError for an actor of another cast */
  of(actor: Actor): Held {
    const held = this.#held.get(actor);
    if (held === undefined) throw new RangeError('an actor of another cast');
    return held;
  }

  /**
   * A new token in place of one that was refused.
   *
   * @param now epoch ms
   * @returns the new token, or null when there is one already or it is too early to ask again
   */
  async renew(actor: Actor, refused: Held, now: number): Promise<Held | null> {
    if (this.of(actor) !== refused) return null;
    if (now - refused.grant.issuedAt * 1_000 < RENEW_APART_MS) return null;
    const grant = renewedGrant(actor.grant, Math.floor(now / 1_000));
    const renewed = { grant, token: await this.#issuer.mint(grant) };
    // Another call may have been refused, and have asked, while this token was made.
    if (this.of(actor) !== refused) return null;
    this.#held.set(actor, renewed);
    return renewed;
  }
}
