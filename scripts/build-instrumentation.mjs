// npm run build:instrumentation [-- OUT]
//
// Makes the package that services install, in instrumentation/dist/: JavaScript (Node strips no
// types under node_modules), ES modules and CommonJS, with types, and nothing to depend on but
// @opentelemetry/api. `npm pack ./instrumentation/dist` or `npm publish` take it from there.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { root } from './child.mjs';

const out = resolve(root, process.argv[2] ?? 'instrumentation/dist');
const entry = join(root, 'instrumentation/index.ts');
const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

rmSync(out, { recursive: true, force: true });
await bundle('esm', 'index.mjs');
await bundle('cjs', 'index.cjs');
for (const kind of ['esm', 'cjs']) declarations(kind);
copyFileSync(join(root, 'LICENSE'), join(out, 'LICENSE'));
copyFileSync(join(root, 'docs/instrument.md'), join(out, 'README.md'));
writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
console.log(`built ${out}`);

async function bundle(format, file) {
  await build({
    entryPoints: [entry],
    outfile: join(out, file),
    bundle: true,
    format,
    platform: 'node',
    target: 'node18',
    external: ['@opentelemetry/api'],
    legalComments: 'none',
  });
}

/** Types, once for each module system: TypeScript tells them apart by the nearest package.json. */
function declarations(kind) {
  const to = join(out, 'types', kind);
  const flags = ['--emitDeclarationOnly', '--declaration', '--noEmit', 'false', '--rootDir', root];
  const config = join(root, `tsconfig.build-instrumentation.json`);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', config, ...flags, '--outDir', to], {
    stdio: 'inherit',
  });
  for (const file of readdirSync(to, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.d.ts')) rewrite(join(to, file));
  }
  const type = kind === 'esm' ? 'module' : 'commonjs';
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, 'package.json'), `${JSON.stringify({ type })}\n`);
}

/** `./options.ts` → `./options.js`: what a reader of the types resolves to `options.d.ts`. */
function rewrite(file) {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replaceAll(/(['"])(\.{1,2}\/[^'"]+)\.ts\1/g, '$1$2.js$1'));
}

function manifest() {
  const types = (kind) => `./types/${kind}/instrumentation/index.d.ts`;
  return {
    name: own.name,
    version: own.version,
    description: 'Tells tokenwatch about the API tokens of a service, by OpenTelemetry.',
    license: own.license,
    type: 'module',
    engines: { node: '>=18.19' },
    sideEffects: false,
    exports: {
      './instrumentation': {
        import: { types: types('esm'), default: './index.mjs' },
        require: { types: types('cjs'), default: './index.cjs' },
      },
      './package.json': './package.json',
    },
    peerDependencies: { '@opentelemetry/api': '^1.9.0' },
  };
}
