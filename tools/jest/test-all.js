/** Runs every project's tests through nx and ends with their sum: `npm test`, `npm test -- -p @attune/core`. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { clearResults, formatResults, sumResults } from './results.js';

const nx = createRequire(import.meta.url).resolve('nx/bin/nx.js');

clearResults();
const { status } = spawnSync(process.execPath, [nx, 'run-many', '-t', 'test', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
const results = sumResults();

console.log(`\n${formatResults(results)}`);
if (results.passed + results.failed === 0) {
  console.error('No test ran.');
  process.exitCode = 1;
} else {
  process.exitCode = status === 0 && results.failed > 0 ? 1 : (status ?? 1);
}
