import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from './rule.ts';

/** At most so many files of rules. */
const MOST_FILES = 500;

/** A file of rules as it lies there. */
export interface RuleFile {
  path: string;
  /** Changes when the file does. */
  stamp: string;
}

function cannotRead(file: string, error: unknown): Problem {
  const code = (error as NodeJS.ErrnoException).code ?? 'error';
  return { file, place: null, rule: '', message: `cannot be read (${code})` };
}

/** The files of some paths: files themselves, and what is called .yaml or .yml in folders. */
export function listRuleFiles(paths: readonly string[]): {
  files: RuleFile[];
  problems: Problem[];
} {
  const files: RuleFile[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    try {
      const inside = statSync(path).isDirectory()
        ? readdirSync(path)
            .filter((name) => /\.ya?ml$/i.test(name))
            .sort()
            .map((name) => join(path, name))
        : [path];
      for (const file of inside) {
        const { mtimeMs, size, ino } = statSync(file);
        files.push({ path: file, stamp: `${String(mtimeMs)}|${String(size)}|${String(ino)}` });
      }
    } catch (error) {
      problems.push(cannotRead(path, error));
    }
  }
  if (files.length > MOST_FILES) {
    const message = `more than ${String(MOST_FILES)} files of rules; the rest is left out`;
    problems.push({ file: files[MOST_FILES]?.path ?? '', place: null, rule: '', message });
  }
  return { files: files.slice(0, MOST_FILES), problems };
}

/** The text of a file, or what is wrong with it. */
export function readRuleFile(path: string): { text: string } | { problem: Problem } {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { problem: cannotRead(path, error) };
  }
}
