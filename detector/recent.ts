/** A set that remembers about the last `most` keys: two generations, the older dropped when full. */
export interface RecentSet {
  has: (key: string) => boolean;
  add: (key: string) => void;
}

/** @param most keys held at once, in two generations of half as many */
export function createRecentSet(most: number): RecentSet {
  let young = new Set<string>();
  let old = new Set<string>();
  return {
    has: (key) => young.has(key) || old.has(key),
    add(key) {
      if (young.size >= most / 2) {
        old = young;
        young = new Set();
      }
      young.add(key);
    },
  };
}

/** A map that remembers about the last `most` keys in the same way. */
export interface RecentMap<T> {
  get: (key: string) => T | undefined;
  set: (key: string, value: T) => void;
  clear: () => void;
}

/** @param most keys held at once, in two generations of half as many */
export function createRecentMap<T>(most: number): RecentMap<T> {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  return {
    get: (key) => young.get(key) ?? old.get(key),
    set(key, value) {
      if (young.size >= most / 2) {
        old = young;
        young = new Map();
      }
      young.set(key, value);
    },
    clear() {
      young = new Map();
      old = new Map();
    },
  };
}
