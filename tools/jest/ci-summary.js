/**
 * The end of `.ci/run`: the failed tests by name, and in the last line the real test results, with every failed
 * stage counted as a failure. The stages that failed are the arguments. Failing tests are counted one by one, their
 * stage not once more.
 */
import { failedTests, formatResults, sumResults } from './results.js';

/** Stages that write results of tests. */
const TESTING = ['test', 'tensorflow', 'blocks'];

const results = sumResults();
const failedStages = process.argv.slice(2);

if (results.passed + results.failed === 0) {
  console.error('No test ran.');
  if (!failedStages.includes('test')) failedStages.push('test');
}
results.failed += failedStages.filter((stage) => !TESTING.includes(stage) || results.failed === 0).length;

for (const test of failedTests()) console.error(`✕ ${test}`);
if (failedStages.length > 0) console.error(`Failed stages: ${failedStages.join(', ')}`);
console.log(formatResults(results));
process.exitCode = results.failed > 0 || failedStages.length > 0 ? 1 : 0;
