import { isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Document, LineCounter, Node } from 'yaml';
import type { Place } from './rule.ts';

/** Finds the lines and columns of a YAML document's parts. */
export interface Places {
  /** Where a value stands; that of its nearest parent where there is none. */
  of: (path: readonly PropertyKey[]) => Place;
  /** Where a key of a mapping stands. */
  key: (path: readonly PropertyKey[], key: string) => Place;
  /** Where a character of a text stands: of the value, not of the file. */
  within: (path: readonly PropertyKey[], offset: number) => Place;
}

function nodeAt(document: Document.Parsed, path: readonly PropertyKey[]): Node | null {
  let node: unknown = document.contents;
  for (const part of path) {
    const at = isAlias(node) ? node.resolve(document) : node;
    const next: unknown =
      isMap(at) || isSeq(at) ? at.get(isSeq(at) ? Number(part) : String(part), true) : undefined;
    if (!isNode(next)) return isNode(at) ? at : null;
    node = next;
  }
  return isNode(node) ? node : null;
}

/**
 * The character of the source at which a character of a scalar's value stands: both are walked side
 * by side, with indentation, folded lines and the header of a block passed over.
 */
function sourceOffset(source: string, begin: number, value: string, offset: number): number {
  let at = begin;
  if (/[|>]/.test(source[at] ?? '')) at = source.indexOf('\n', at) + 1;
  else if (/["']/.test(source[at] ?? '')) at += 1;
  for (let i = 0; i <= offset && i < value.length; i += 1) {
    const char = value[i] ?? '';
    if (/\s/.test(char)) continue;
    const found = source.indexOf(char, at);
    if (found === -1) return at;
    at = found;
    if (i === offset) return at;
    at += 1;
  }
  return at;
}

/** @param source the whole text of the file */
export function placesOf(document: Document.Parsed, lines: LineCounter, source: string): Places {
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const offsetOf = (node: Node | null): number => node?.range?.[0] ?? document.range[0];
  return {
    of: (path) => place(offsetOf(nodeAt(document, path))),
    key(path, key) {
      const node = nodeAt(document, path);
      const pair = isMap(node)
        ? node.items.find((item) => isScalar(item.key) && item.key.value === key)
        : undefined;
      return place(offsetOf(isNode(pair?.key) ? pair.key : node));
    },
    within(path, offset) {
      const node = nodeAt(document, path);
      if (!isScalar(node) || typeof node.value !== 'string') return place(offsetOf(node));
      return place(sourceOffset(source, offsetOf(node), node.value, offset));
    },
  };
}
