import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

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

/** The failed tests of all projects, each with its spec file and the first line of its message. */
export function failedTests() {
  return resultFiles.filter(existsSync).flatMap((file) => {
    // What runs the code blocks of the documentation writes numbers alone; it prints what failed itself.
    const { testResults = [] } = JSON.parse(readFileSync(file, 'utf8'));
    return testResults
      .filter(({ status }) => status === 'failed')
      .flatMap(({ name: spec, message, assertionResults }) => {
        const failed = assertionResults.filter(({ status }) => status === 'failed');
        const tests = failed.map(({ fullName, failureMessages }) => [fullName, failureMessages[0]]);
        // A spec file that could not run has a message, and no test.
        return (tests.length > 0 ? tests : [['(the whole file)', message]]).map(
          ([test, why]) => `${relative(root, spec)} › ${test}\n    ${excerptOf(why)}`,
        );
      });
  });
}

/** The beginning of a message in one line, without colours. */
const excerptOf = (message = '') =>
  stripVTControlCharacters(message).replaceAll(/\s+/g, ' ').trim().slice(0, 600);

export const formatResults = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
