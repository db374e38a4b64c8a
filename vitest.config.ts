import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['**/*.test.ts'],
    exclude: [...configDefaults.exclude, '**/data/**'],
    // Processes, not threads: tests start servers, send signals and change directories.
    pool: 'forks',
    maxWorkers: 2,
    // Generous: the machines are shared, and a slow test is not a wrong one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
