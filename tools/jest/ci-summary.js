/**
 * The last line of `.ci/run`: the real test results, with every failed stage counted as a failure. The stages
 * that failed are the arguments. Failing tests are counted one by one, their stage not once more.
 */
import { formatResults, sumResults } from './results.js';

const results = sumResults();
const failedStages = process.argv.slice(2);

if (results.passed + results.failed === 0) {
  console.error('No test ran.');
  if (!failedStages.includes('tests')) failedStages.push('tests');
}
results.failed += failedStages.filter((stage) => stage !== 'tests' || results.failed === 0).length;

if (failedStages.length > 0) console.error(`Failed stages: ${failedStages.join(', ')}`);
console.log(formatResults(results));
process.exitCode = results.failed > 0 || failedStages.length > 0 ? 1 : 0;
