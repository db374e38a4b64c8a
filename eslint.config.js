import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * Which room may import which; files of one room may always import each other. The stages
 * (collector, detector, alerting, console) meet in data only, so none of them names another.
 */
const rooms = {
  model: [],
  config: [],
  store: ['model', 'config'],
  instrumentation: ['model'],
  collector: ['model', 'store', 'config'],
  detector: ['model', 'store', 'config'],
  alerting: ['model', 'store', 'config', 'alerting/notifiers/*'],
  'alerting/notifiers/*': ['model', 'store', 'config', 'alerting'],
  console: ['model', 'store', 'config'],
  'console/web': ['model'],
  dashboards: ['model', 'store/tables.ts'],
  demo: ['instrumentation', 'model', 'config'],
  cli: [
    ...['model', 'config', 'store', 'collector', 'detector', 'alerting', 'console'],
    ...['dashboards', 'demo'],
  ],
  scripts: [],
  bin: ['scripts', 'cli'],
  test: [], // Imports anything, as all tests do; nothing imports it.
};

const tests = ['**/*.test.ts', '**/*.test.tsx', 'test/**'];
/** Where a terminal is the audience. */
const terminal = ['cli/**', 'scripts/**', 'bin/**', 'demo/**', '**/bench/**', '**/*.bench.ts'];
/** Pure by promise: the same input gives the same result, live and in a backtest. */
const pure = ['model/**', 'detector/detections/**'];

const onlyConfigReads = 'Only config/ reads the environment; take the value as an argument.';
const takeTime = 'This folder is pure: take time and randomness as arguments.';

const environment = [{ object: 'process', property: 'env', message: onlyConfigReads }];
const restrictedImports = [
  ...['process', 'node:process'].map((name) => ({
    name,
    importNames: ['env'],
    message: onlyConfigReads,
  })),
  // A border that is crossed by the package's own name is not seen as one.
  { name: 'tokenwatch/instrumentation', message: 'That name is for services, as in demo/.' },
];
const clocks = [
  { object: 'Date', property: 'now', message: takeTime },
  { object: 'Math', property: 'random', message: takeTime },
  { object: 'performance', property: 'now', message: takeTime },
];
const newDate = { selector: "NewExpression[callee.name='Date'][arguments.length=0]" };

export default defineConfig(
  globalIgnores([
    ...['data/', 'dashboards/generated/', 'console/web-dist*/', '**/fixtures/', '**/dist/'],
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: { ...sizes(), ...habits(), ...relaxed() },
  },
  borders(),
  {
    files: ['config/**', 'demo/**', ...terminalScripts(), ...tests],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-imports': 'off' },
  },
  { files: [...terminal, ...tests], rules: { 'no-console': 'off' } },
  {
    files: pure,
    ignores: tests,
    rules: {
      'no-restricted-properties': ['error', ...environment, ...clocks],
      'no-restricted-syntax': ['error', { ...newDate, message: takeTime }],
    },
  },
  {
    files: tests,
    rules: {
      'boundaries/dependencies': 'off',
      'max-lines-per-function': 'off',
      // Matchers (expect.any) and answers read as JSON are `any`; the assertion checks them.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    files: ['console/web/**'],
    ignores: ['**/*.config.ts', ...tests],
    rules: {
      'no-restricted-globals': ['error', 'process', 'Buffer', 'global', 'require', '__dirname'],
      'no-restricted-imports': ['error', { patterns: [onlyInNode()] }],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: nodeGlobals() },
  },
);

function sizes() {
  const count = { skipBlankLines: true, skipComments: true };
  return {
    'max-lines': ['error', { max: 300, ...count }],
    'max-lines-per-function': ['error', { max: 50, ...count }],
  };
}

function habits() {
  return {
    eqeqeq: 'error',
    'no-console': 'error',
    'no-restricted-properties': ['error', ...environment],
    'no-restricted-imports': ['error', { paths: restrictedImports }],
    'object-shorthand': 'error',
    '@typescript-eslint/consistent-type-imports': 'error',
    '@typescript-eslint/no-import-type-side-effects': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: true },
    ],
  };
}

/** Strict rules, less strict where they cost words and catch nothing here. */
function relaxed() {
  return {
    // An underscore says: named for the reader. Rest siblings are how a key is dropped.
    '@typescript-eslint/no-unused-vars': [
      'error',
      { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
    ],
    '@typescript-eslint/restrict-template-expressions': [
      'error',
      { allowNumber: true, allowBoolean: true },
    ],
    '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    '@typescript-eslint/no-unnecessary-condition': [
      'error',
      { allowConstantLoopConditions: 'only-allowed-literals' },
    ],
    // Handlers and stubs are async because their type is.
    '@typescript-eslint/require-await': 'off',
  };
}

function borders() {
  return {
    files: Object.keys(rooms).map((room) => `${room}/**`),
    plugins: { boundaries },
    settings: {
      'boundaries/root-path': import.meta.dirname,
      'boundaries/legacy-templates': false,
      'boundaries/elements': innermostFirst().map((room) => ({
        type: room,
        pattern: room,
        partialMatch: false,
      })),
      'boundaries/additional-dependency-nodes': [
        { selector: 'TSImportType > Literal', kind: 'type', name: 'import-type' },
      ],
      'import/resolver': { node: { extensions: ['.ts', '.tsx', '.js', '.mjs'] } },
    },
    rules: {
      'boundaries/dependencies': ['error', { default: 'disallow', policies: policies() }],
    },
  };
}

function policies() {
  const open = Object.entries(rooms).filter(([, targets]) => targets.length > 0);
  return open.map(([room, targets]) => ({
    from: { element: { type: room } },
    allow: { to: targets.map(importable) },
  }));
}

/** A room, or one file of it. */
function importable(target) {
  if (!target.endsWith('.ts')) return { element: { type: target } };
  return { element: { type: target.split('/')[0] }, file: { path: `**/${target}` } };
}

/** Of nested rooms, a file belongs to the innermost. */
function innermostFirst() {
  return Object.keys(rooms).sort((a, b) => b.split('/').length - a.split('/').length);
}

function onlyInNode() {
  return { group: ['node:*', 'process', 'fs', 'path'], message: 'This runs in a browser.' };
}

function terminalScripts() {
  return ['scripts/**', 'bin/**', '*.config.{js,ts}'];
}

function nodeGlobals() {
  const names = ['process', 'console', 'URL', 'setTimeout', 'setInterval', 'clearInterval'];
  return Object.fromEntries(names.map((name) => [name, 'readonly']));
}
