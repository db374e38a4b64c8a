import type { RawCall } from '../otlp/read-request.ts';
import type { DictionaryColumn, KeyText } from '../../store/calls/dictionary-columns.ts';
import { KIND, SLOTS } from '../otlp/slots.ts';
import type { SlotRange, Slots } from '../otlp/slots.ts';
import type { ByteCache } from './byte-cache.ts';
import type { Caches, CleanText, Texts } from './caches.ts';
import type { MaskedText } from './mask.ts';
import type { Tally } from './tally.ts';
import { numberOf, onlyStringAt, readStrings, textOf } from './values.ts';

/** How a service is known that does not say its name. */
export const UNNAMED = 'unknown_service';
/** Latest second that ClickHouse's DateTime holds. */
const MAX_SECONDS = 0xffff_ffff;
const NO_TEXTS: Texts = { texts: [], masked: [], isBroken: false, isLong: false };

/** The values of one located call, by concept: the span's own before those of its resource. */
export class RawValues {
  protected readonly caches: Caches;
  protected readonly tally: Tally;
  /** Who is told of when a value of this call is masked. */
  protected service = UNNAMED;
  /** Of the block that the call is written to. */
  protected row = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #span: Slots | null = null;
  #resource: Slots | null = null;
  #isLog = false;
  /** Of each concept that the resource names, what was made of it, and of which resource. */
  readonly #ofResource: unknown[] = Object.values(SLOTS).map(() => null);
  readonly #resourceOf: number[] = Object.values(SLOTS).map(() => -1);
  #resourceNumber = -1;

  constructor(caches: Caches, tally: Tally) {
    this.caches = caches;
    this.tally = tally;
  }

  /** Turns to a call; its bytes are not kept beyond the next one. */
  protected turnTo(raw: RawCall, isLog: boolean): void {
    this.#bytes = raw.bytes;
    this.#span = raw.attributes;
    this.#resource = raw.resource;
    this.#isLog = isLog;
    this.#resourceNumber = raw.resourceNumber;
  }

  /** The slot of the span, or of its resource as `slot + resource`; -1 for none. */
  protected slot(range: SlotRange): number {
    const slot = this.#span?.find(range, this.#isLog) ?? -1;
    return slot !== -1 ? slot : (this.#resource?.find(range, false) ?? -1);
  }

  #slotsOf(slot: number): Slots {
    const span = this.#span as Slots;
    return span.kinds[slot] === KIND.none ? (this.#resource as Slots) : span;
  }

  /** What the cache makes of a concept's value; null when there is none. One cache a concept. */
  protected get<V>(cache: ByteCache<V>, range: SlotRange): V | null {
    const span = this.#span as Slots;
    const own = span.find(range, this.#isLog);
    if (own !== -1) return this.#read(cache, span, own);
    const resource = this.#resource as Slots;
    const slot = resource.find(range, false);
    if (slot === -1) return null;
    if (this.#resourceOf[range] !== this.#resourceNumber) {
      this.#ofResource[range] = this.#read(cache, resource, slot);
      this.#resourceOf[range] = this.#resourceNumber;
    }
    return this.#ofResource[range] as V | null;
  }

  #read<V>(cache: ByteCache<V>, slots: Slots, slot: number): V | null {
    const start = slots.starts[slot] as number;
    const end = slots.ends[slot] as number;
    if (slots.kinds[slot] === KIND.string) return cache.get(this.#bytes, start, end);
    if (slots.kinds[slot] === KIND.array) {
      const at = onlyStringAt(this.#bytes, start, end);
      if (at !== -1) return cache.get(this.#bytes, at, end);
    }
    const text = textOf(this.#bytes, slots, slot);
    return text === null ? null : cache.getText(text);
  }

  /** Whether the call or its resource may name a concept of these groups (bits of `GROUPS`). */
  protected says(groups: number): boolean {
    return (((this.#span?.groups ?? 0) | (this.#resource?.groups ?? 0)) & groups) !== 0;
  }

  /** Writes a concept's text to a column; false when there is none. */
  protected setText(
    column: DictionaryColumn,
    field: string,
    cache: ByteCache<CleanText>,
    range: SlotRange,
  ): boolean {
    const found = this.get(cache, range);
    if (found === null || this.kept(field, found) === '') return false;
    column.setKey(this.row, found);
    return true;
  }

  protected text(field: string, cache: ByteCache<CleanText>, range: SlotRange): string {
    const found = this.get(cache, range);
    return found === null ? '' : this.kept(field, found);
  }

  protected kept(field: string, found: CleanText): string {
    if (found.masked.length > 0) this.mask(field, found.masked);
    this.#adjusted(found);
    return found.text;
  }

  #adjusted({ isBroken, isLong }: { isBroken: boolean; isLong: boolean }): void {
    if (isBroken) this.tally.adjusted('invalid_utf8');
    if (isLong) this.tally.adjusted('long_text');
  }

  protected mask(field: string, masked: MaskedText['masked']): void {
    if (masked.length > 0) this.tally.masked(this.service, field, masked);
  }

  /** A list, or a text whose words are one. */
  protected texts(field: string, range: SlotRange): readonly KeyText[] {
    const slot = this.slot(range);
    if (slot === -1) return NO_TEXTS.texts;
    const slots = this.#slotsOf(slot);
    const found =
      slots.kinds[slot] === KIND.array
        ? this.caches.list.get(this.#bytes, slots.starts[slot] ?? 0, slots.ends[slot] ?? 0)
        : (this.get(this.caches.words, range) ?? NO_TEXTS);
    this.mask(field, found.masked);
    this.#adjusted(found);
    return found.texts;
  }

  protected strings(range: SlotRange): string[] {
    const slot = this.slot(range);
    if (slot === -1) return [];
    const slots = this.#slotsOf(slot);
    if (slots.kinds[slot] === KIND.array) {
      return readStrings(this.#bytes, slots.starts[slot] ?? 0, slots.ends[slot] ?? 0);
    }
    return [textOf(this.#bytes, slots, slot) ?? ''];
  }

  protected number(range: SlotRange): number {
    const slot = this.slot(range);
    return slot === -1 ? 0 : numberOf(this.#bytes, this.#slotsOf(slot), slot);
  }

  /** Unix seconds; a time in milliseconds or beyond what the column holds is none. */
  protected seconds(range: SlotRange): number {
    const seconds = this.number(range);
    return seconds > 0 && seconds <= MAX_SECONDS ? Math.floor(seconds) : 0;
  }
}
