import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import type { Dockerfile, Instruction } from 'dockerfile-ast';
import { bundle } from '../../console/bundle.ts';
import { ROOT } from './compose-file.ts';

type CopyInstruction = ReturnType<Dockerfile['getCOPYs']>[number];

/** One stage of the Dockerfile: its `FROM` and what follows. */
export interface Stage {
  from: string;
  instructions: Instruction[];
}

export function readStages(): Stage[] {
  const stages: Stage[] = [];
  const file = DockerfileParser.parse(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
  for (const instruction of file.getInstructions()) {
    if (instruction.getKeyword() === 'FROM')
      stages.push({ from: instruction.getArgumentsContent() ?? '', instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

export interface Copy {
  /** The stage that it comes from; null for the build's own folder. */
  stage: string | null;
  sources: string[];
  target: string;
}

function isCopy(instruction: Instruction): instruction is CopyInstruction {
  return instruction.getKeyword() === 'COPY';
}

/** What a stage copies, in order. */
export function copiesOf(stage: Stage): Copy[] {
  return stage.instructions.filter(isCopy).map((instruction) => {
    const paths = (instruction.getArgumentsContent() ?? '').split(/\s+/);
    const from = instruction.getFromFlag()?.getValue();
    return { stage: from ?? null, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
  });
}

/**
 * A folder with exactly the files that the image has in `/app`, the packages that are installed here
 * in place of its own.
 */
export async function makeImage(): Promise<{ folder: string; remove: () => void }> {
  await bundle();
  const folder = mkdtempSync(join(tmpdir(), 'tokenwatch-image-'));
  const last = readStages().at(-1);
  for (const { sources, target } of last === undefined ? [] : copiesOf(last)) {
    for (const source of sources) {
      const path = source.replace(/^\/app\//, '');
      const to = target.endsWith('/') ? join(folder, target, path) : join(folder, target);
      mkdirSync(join(to, '..'), { recursive: true });
      if (path === 'node_modules') symlinkSync(join(ROOT, path), to);
      else cpSync(join(ROOT, path), to, { recursive: true, preserveTimestamps: true });
    }
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
