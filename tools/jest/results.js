import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every place where a project's jest leaves its JSON results (nx.json, target `test`). */
const resultFiles = ['packages', 'apps', 'tools']
  .flatMap((folder) => readdirSync(join(root, folder)).map((project) => join(root, folder, project)))
  .map((project) => join(project, 'test-results.json'));

/** Forgets earlier runs; nx puts back the results of what it does not run again. */
export function clearResults() {
  for (const file of resultFiles) rmSync(file, { force: true });
}

/** Adds up the results of all projects. A spec file that could not run at all counts as one failure. */
export function sumResults() {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const file of resultFiles.filter(existsSync)) {
    const result = JSON.parse(readFileSync(file, 'utf8'));
    sum.passed += result.numPassedTests;
    sum.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    sum.skipped += result.numPendingTests + result.numTodoTests;
  }
  return sum;
}

export const formatResults = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
