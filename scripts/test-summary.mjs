// node scripts/test-summary.mjs REPORT: the closing line for CI, from vitest's JSON report.
import { readFileSync } from 'node:fs';

const { testResults, numPassedTests } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const failed = testResults.reduce((sum, file) => sum + failuresIn(file), 0);

console.log(`${numPassedTests} passed, ${failed} failed`);
process.exit(failed === 0 && numPassedTests > 0 ? 0 : 1);

/** A file that fails without a failed test did not load: that is one failure too. */
function failuresIn({ status, assertionResults }) {
  const tests = assertionResults.filter((test) => test.status === 'failed').length;
  return status === 'failed' ? Math.max(1, tests) : tests;
}
