// node scripts/supply-chain.mjs [--licenses]: what package-lock.json brings in, checked without a
// network; with --licenses a list of packages by licence. `npm audit` needs one and is asked where the
// registry answers.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Licences that may be shipped or used to build; anything else is looked at by a person first. */
const ALLOWED = new Set([
  ...['MIT', 'MIT-0', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', '0BSD', 'Unlicense'],
  ...['BlueOak-1.0.0', 'CC0-1.0', 'MPL-2.0', 'OFL-1.1', '(MIT OR CC0-1.0)', '(MIT OR EUPL-1.1+)'],
  // Data, attributed in the README.
  'SEE LICENSE IN DBIP-LICENSE (CC-BY-4.0)',
  'SEE LICENSE IN ROUTEVIEWS-LICENSE and DBIP-LICENSE (CC-BY-4.0)',
]);
const REGISTRY = /^https:\/\/registry\.npmjs\.org\//;

/**
 * What is wrong with a lock file, one line each.
 *
 * @param {{ packages: Record<string, { version?: string, resolved?: string, integrity?: string,
 *   license?: string, hasInstallScript?: boolean, link?: boolean }> }} lock
 * @param {{ allowScripts?: Record<string, boolean>, dependencies?: Record<string, string> }} manifest
 * @returns {string[]}
 */
export function problemsOf(lock, manifest) {
  const problems = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '') continue;
    const name = path.split('node_modules/').at(-1) ?? path;
    if (entry.link) problems.push(`${path}: a link, not a package`);
    if (!/^sha512-/.test(entry.integrity ?? '')) problems.push(`${path}: no sha512 checksum`);
    if (entry.resolved !== undefined && !REGISTRY.test(entry.resolved))
      problems.push(`${path}: from ${entry.resolved}`);
    if (!ALLOWED.has(entry.license ?? ''))
      problems.push(`${path}: licence ${entry.license ?? 'unknown'}`);
    if (entry.hasInstallScript && manifest.allowScripts?.[name] === undefined)
      problems.push(`${path}: has an install script that allowScripts does not decide on`);
  }
  for (const [name, version] of Object.entries({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
  })) {
    if (!/^\d+\.\d+\.\d+/.test(version)) problems.push(`${name}: ${version} is not pinned`);
    else if (lock.packages[`node_modules/${name}`]?.version !== version)
      problems.push(`${name}: package.json and package-lock.json disagree`);
  }
  return problems;
}

/** Packages by licence. */
export function licensesOf(lock) {
  const byLicense = {};
  for (const [path, { license = 'unknown', version }] of Object.entries(lock.packages)) {
    if (path === '') continue;
    (byLicense[license] ??= []).push(`${path.split('node_modules/').at(-1)}@${version}`);
  }
  return byLicense;
}

/** Known vulnerabilities, high and critical; null where the registry has no such service. */
function audit() {
  const args = ['audit', '--omit=dev', '--audit-level=high', '--json'];
  const { stdout, status } = spawnSync('npm', args, { cwd: root, encoding: 'utf8' });
  try {
    const report = JSON.parse(stdout);
    if (report.metadata === undefined) return null;
    return status === 0 ? [] : Object.keys(report.vulnerabilities);
  } catch {
    return null; // No answer at all.
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const lock = read('package-lock.json');
  if (process.argv.includes('--licenses')) {
    for (const [license, names] of Object.entries(licensesOf(lock)).sort())
      console.log(`${license} (${names.length})\n  ${names.sort().join('\n  ')}`);
    process.exit(0);
  }
  const problems = problemsOf(lock, read('package.json'));
  for (const problem of problems) console.error(problem);
  const vulnerable = audit();
  if (vulnerable === null) console.log('npm audit: the registry does not answer; not audited');
  for (const name of vulnerable ?? []) console.error(`${name}: known vulnerability (npm audit)`);
  console.log(`${Object.keys(lock.packages).length - 1} packages, ${problems.length} problems`);
  process.exit(problems.length + (vulnerable?.length ?? 0) === 0 ? 0 : 1);
}
