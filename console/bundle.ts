import {
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'esbuild';
import type { BuildOptions, Metafile } from 'esbuild';

const SOURCES = fileURLToPath(new URL('./web/', import.meta.url));
const OUTPUT = fileURLToPath(new URL('./web-dist/', import.meta.url));
const ENTRIES = ['main.tsx', 'scheme.ts'];

/** The bundled page: files of a folder, and which of them a page begins with. */
export interface Assets {
  /** Absolute path of the folder; scripts and styles also as `.br` and `.gz`. */
  folder: string;
  /** Names in the folder. */
  script: string;
  schemeScript: string;
  style: string;
  /** Chunks that the first script imports at once: fetched early. */
  preload: string[];
  /** The text font, so that words do not jump when it comes. */
  font: string;
}

/** Newest change below a folder, ms. */
function newest(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Math.max(...files.map((file) => statSync(join(file.parentPath, file.name)).mtimeMs));
}

function readBuilt(): { assets: Assets; at: number } | null {
  const file = join(OUTPUT, 'assets.json');
  try {
    const assets = JSON.parse(readFileSync(file, 'utf8')) as Omit<Assets, 'folder'>;
    return { assets: { ...assets, folder: join(OUTPUT, 'files') }, at: statSync(file).mtimeMs };
  } catch {
    // Never built, or being built: build it.
    return null;
  }
}

function options(outdir: string): BuildOptions {
  return {
    entryPoints: ENTRIES.map((entry) => join(SOURCES, entry)),
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    metafile: true,
    sourcemap: false,
    legalComments: 'none',
    jsx: 'automatic',
    tsconfig: join(SOURCES, 'tsconfig.json'),
    entryNames: '[name]-[hash]',
    chunkNames: 'chunk-[hash]',
    assetNames: '[name]-[hash]',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.woff2': 'file' },
    logLevel: 'silent',
  };
}

function nameOf(path: string): string {
  return path.split('/').at(-1) ?? path;
}

/** What the build made of each entry. */
function manifest(metafile: Metafile): Omit<Assets, 'folder'> {
  const outputs = Object.entries(metafile.outputs);
  const entry = (source: string): [string, Metafile['outputs'][string]] => {
    const found = outputs.find(([, output]) => output.entryPoint?.endsWith(`web/${source}`));
    if (found === undefined) throw new Error(`the bundle has no ${source}`);
    return found;
  };
  const [script, { imports, cssBundle }] = entry('main.tsx');
  return {
    script: nameOf(script),
    schemeScript: nameOf(entry('scheme.ts')[0]),
    style: nameOf(cssBundle ?? ''),
    font: nameOf(outputs.find(([path]) => /inter.*\.woff2$/.test(path))?.[0] ?? ''),
    preload: imports.filter((i) => i.kind === 'import-statement').map((i) => nameOf(i.path)),
  };
}

/** Compresses every file ahead: the server only sends. */
async function compress(folder: string): Promise<void> {
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
  // Fonts are compressed as they are.
  const names = readdirSync(folder).filter((name) => /\.(js|css)$/.test(name));
  await Promise.all(
    names.map(async (name) => {
      const content = readFileSync(join(folder, name));
      writeFileSync(join(folder, `${name}.br`), await promisify(brotliCompress)(content, quality));
      writeFileSync(join(folder, `${name}.gz`), await promisify(gzip)(content));
    }),
  );
}

/**
 * Bundles the web page into `console/web-dist` unless what is there is newer than its sources and
 * the installed packages. Takes less than a second; containers do it ahead.
 *
 * @throws Error when a source does not compile
 */
export async function bundle(): Promise<Assets> {
  const lock = fileURLToPath(new URL('../package-lock.json', import.meta.url));
  const built = readBuilt();
  const sourcesAt = Math.max(
    newest(SOURCES),
    statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  if (built !== null && built.at >= sourcesAt) return built.assets;
  // Made aside and then moved, so that a console that starts at the same time sees all or nothing.
  const aside = `${OUTPUT.replace(/\/$/, '')}-${String(process.pid)}`;
  const folder = join(aside, 'files');
  mkdirSync(folder, { recursive: true });
  try {
    const { metafile } = await build({ ...options(folder), metafile: true });
    const described = manifest(metafile);
    await compress(folder);
    writeFileSync(join(aside, 'assets.json'), JSON.stringify(described));
    rmSync(OUTPUT, { recursive: true, force: true });
    renameSync(aside, OUTPUT);
    return { ...described, folder: join(OUTPUT, 'files') };
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
