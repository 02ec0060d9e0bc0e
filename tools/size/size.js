/**
 * Bundles what pages import of attune and compares it with `budgets.json`: kilobytes (1,024 bytes) after gzip. Needs the packages built.
 *
 *     node tools/size/size.js [--packages]    # --packages: also where they come from, before minification
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sizesOf } from './bundle.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const budgets = JSON.parse(readFileSync(new URL('budgets.json', import.meta.url), 'utf8'));
const KB = (bytes) => bytes / 1024;
const faults = [];

console.log(
  '| what a page imports | at once | in all | budget | engine.wasm | engines of others, not loaded |',
);
console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
for (const [name, { entry, maxKB }] of Object.entries(budgets)) {
  const { atOnce, code, modules, later, packages } = await sizesOf(root, entry);
  const cells = [atOnce, code, modules, later].map((bytes) => `${KB(bytes).toFixed(1)} KB`);
  console.log(`| ${name} | ${cells[0]} | ${cells[1]} | ${maxKB} KB | ${cells[2]} | ${cells[3]} |`);
  if (process.argv.includes('--packages')) {
    const parts = Object.entries(packages).sort(([, a], [, b]) => b - a);
    for (const [part, bytes] of parts) console.log(`    ${KB(bytes).toFixed(1).padStart(8)} KB  ${part}`);
  }
  if (KB(code) > maxKB) {
    faults.push(
      `${name} takes ${KB(code).toFixed(1)} KB, more than ${maxKB}. node tools/size/size.js --packages shows where it ` +
        `comes from; tools/size/budgets.json has the budget.`,
    );
  }
}
for (const fault of faults) console.error(`✗ ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
