import { basename } from 'node:path';
import type { CatalogueEntry } from '../../store/detection/catalogue.ts';
import type { RuleBook } from './book.ts';
import { problemLine } from './rule.ts';
import type { Problem } from './rule.ts';

/** So much of what is wrong is told of one file. */
const MOST_TOLD = 5;

function broken(file: string, problems: readonly Problem[]): CatalogueEntry {
  return {
    id: `file:${basename(file)}`,
    title: `Not in force: ${basename(file)}`,
    ...{ family: 'rule', severity: 'low', owasp: [], attack: [], parameters: {} },
    runbook: ['Mend the file (tokenwatch config check names line and column); it is read again.'],
    blindSpots: problems.slice(0, MOST_TOLD).map(problemLine),
  };
}

/**
 * The rules as the console and the API show them. Where a file is broken, that is the first blind
 * spot of the rules of its previous version; a file that never had one is an entry of its own.
 */
export function catalogueOf(book: RuleBook): CatalogueEntry[] {
  const entries = book.rules.map(({ rule, problems }): CatalogueEntry => {
    const { card, description, source, tags } = rule;
    const wrong = problems
      .slice(0, MOST_TOLD)
      .map(
        (one) =>
          `The file has changed and is broken; the previous version is in force: ${problemLine(one)}`,
      );
    const about = [description, `Condition: ${source.trim()}`];
    if (tags.length > 0) about.push(`Tags: ${tags.join(', ')}`);
    return {
      ...card,
      runbook: [...about, ...card.runbook],
      blindSpots: [...wrong, ...card.blindSpots],
    };
  });
  const held = new Set(book.rules.map(({ rule }) => rule.file));
  const lost = Map.groupBy(
    book.problems.filter(({ file }) => !held.has(file)),
    ({ file }) => file,
  );
  for (const [file, problems] of lost) entries.push(broken(file, problems));
  return entries;
}
