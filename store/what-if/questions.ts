import { foldWhatIf } from '../../model/what-if.ts';
import type { WhatIf, WhatIfStep } from '../../model/what-if.ts';
import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** Appends what happened to a question; the server's clock stamps it. */
export async function appendWhatIfStep(db: Db, id: string, step: WhatIfStep): Promise<void> {
  const { kind, ...data } = step;
  await db.insert(TABLES.whatIfSteps, [{ question: id, kind, data: JSON.stringify(data) }]);
}

interface Row {
  question: string;
  at: number;
  kind: string;
  data: string;
}

/** Of steps that repeat, the last is enough. */
const LATEST = `SELECT question, toUnixTimestamp64Milli(at) AS at, kind, data
  FROM (SELECT *, row_number() OVER (PARTITION BY question, kind ORDER BY at DESC) AS n FROM`;

function fold(rows: readonly Row[]): WhatIf[] {
  const byQuestion = Map.groupBy(rows, (row) => row.question);
  return [...byQuestion]
    .map(([id, steps]) => foldWhatIf(id, steps.map(stepOf)))
    .filter((one) => one !== null)
    .sort((a, b) => b.askedAt - a.askedAt);
}

function stepOf({ at, kind, data }: Row): { at: number; step: WhatIfStep } {
  // Written by appendWhatIfStep() alone.
  return { at, step: { kind, ...(JSON.parse(data) as object) } as WhatIfStep };
}

/** One question, or null. */
export async function readWhatIf(db: Db, id: string): Promise<WhatIf | null> {
  const rows = await db.query<Row>(
    `${LATEST} ${db.database}.${TABLES.whatIfSteps} WHERE question = {id:String})
     WHERE n = 1 ORDER BY at, kind = 'asked' DESC`,
    { id },
  );
  return fold(rows)[0] ?? null;
}

/** The questions of the last days, the latest first, at most `limit`. Results are left out. */
export async function listWhatIfs(db: Db, limit: number): Promise<WhatIf[]> {
  const table = `${db.database}.${TABLES.whatIfSteps}`;
  const rows = await db.query<Row>(
    `${LATEST} (SELECT question, at, kind, if(kind = 'done', '{}', data) AS data FROM ${table}
       WHERE question IN (SELECT question FROM ${table} WHERE kind = 'asked'
         ORDER BY at DESC LIMIT {limit:UInt32})))
     WHERE n = 1 ORDER BY at, kind = 'asked' DESC`,
    { limit },
  );
  return fold(rows).map((one) => ({ ...one, result: null }));
}
