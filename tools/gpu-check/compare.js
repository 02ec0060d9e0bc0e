/**
 * Prints two reports of the check side by side, as Markdown:
 *
 *     tools/gpu-check/compare BEFORE/report.json AFTER/report.json
 */
import { readFileSync } from 'node:fs';
import { comparisonOf } from './bundle/app/report/comparison.js';
import { FORMAT } from './bundle/app/report/report.js';

/** @throws Error where a file is no report of a form that is known here. */
function readReport(path) {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  if (report?.format !== FORMAT || !Array.isArray(report.parts)) {
    throw new Error(`${path} is no report.json of gpu-check in format ${FORMAT}.`);
  }
  return report;
}

const paths = process.argv.slice(2);
if (paths.length !== 2) {
  console.error('Usage: tools/gpu-check/compare A/report.json B/report.json');
  process.exitCode = 2;
} else {
  try {
    process.stdout.write(comparisonOf(...paths.map(readReport)));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 2;
  }
}
