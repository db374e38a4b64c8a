import type { Db } from '../../store/db.ts';
import { readMembers } from '../../store/detection/samples.ts';
import type { Sample } from '../../store/detection/samples.ts';
import type { OpenNotice } from '../judge/judged.ts';
import type { DetectorSettings } from '../parameters.ts';
import { lookAround } from '../watch/look.ts';

/** Event time, [from, to), epoch ms. */
interface Stretch {
  from: number;
  to: number;
}

/**
 * What the watches notice in stretches of calls. Where several slices of the same calls are replayed,
 * it is kept for the next ones, up to a number of notices; beyond that they are asked again.
 */
export class Watched {
  readonly #kept = new Map<number, OpenNotice[]>();
  readonly #most: number;
  #count = 0;

  /** @param most notices that are kept at most */
  constructor(most = 0) {
    this.#most = most;
  }

  /** What is noticed in a stretch, of all or of a sample's clients. */
  async between(
    db: Db,
    stretch: Stretch,
    settings: DetectorSettings,
    sample?: Sample,
  ): Promise<OpenNotice[]> {
    const notices =
      this.#kept.get(stretch.from) ??
      this.#keep(stretch, await lookAround(db, { by: 'event', ...stretch }, settings));
    if (sample === undefined) return notices;
    const clients = notices.map(({ entity }) => entity.clientId);
    const members = await readMembers(db, sample, clients);
    return notices.filter(({ entity }) => members.has(entity.clientId));
  }

  #keep({ from }: Stretch, notices: OpenNotice[]): OpenNotice[] {
    if (this.#count + notices.length <= this.#most) {
      this.#count += notices.length;
      this.#kept.set(from, notices);
    }
    return notices;
  }
}
