/**
 * Runs the conformance kit on attune's engine in every combination of threads, instruction set and host, each in a process of its
 * own, and prints a table of what passed, failed and was skipped. Needs `npm run build`.
 *
 *     node tools/conformance-matrix/conformance-matrix.js [--threads 1,2,3] [--isa avx2,avx512,simd128,relaxed]
 *       [--node PATH]... [--no-chromium] [--write]
 *
 * `--write` puts the table into `docs/conformance.md`. A cell that was not run is listed as not run, with the reason.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '1,2,3' },
    isa: { type: 'string', default: 'avx2,avx512,simd128,relaxed' },
    node: { type: 'string', multiple: true, default: [process.execPath] },
    'no-chromium': { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const isas = values.isa.split(',');
const threads = values.threads.split(',').map(Number);
const isWasm = (isa) => isa === 'simd128' || isa === 'relaxed';

const versionOf = (node) => spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
const hosts = [
  ...values.node.map((node) => ({ name: `Node ${versionOf(node)}`, node, where: 'node' })),
  ...(values['no-chromium'] ? [] : [{ name: 'Chromium', node: process.execPath, where: 'chromium' }]),
];

function runCell(host, isa, count) {
  if (host.where === 'chromium' && !isWasm(isa)) return { notRun: 'native code runs in Node alone' };
  const backend = isWasm(isa) ? 'wasm' : 'cpu';
  const options = { engine: 'attune', isa, threads: count };
  const request = JSON.stringify({ where: host.where, backend, options });
  const { stdout, stderr, status, signal } = spawnSync(host.node, [path('cell.js'), request], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: 30 * 60_000,
  });
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1));
  } catch {
    return {
      failed: [{ name: 'the process', message: `${signal ?? status}: ${stderr.slice(-400)}` }],
      passed: 0,
      skipped: [],
    };
  }
}

/** Skipped tests of a kit, by the reason that stands in parentheses in their names. */
function text({ notRun, passed, failed, skipped }) {
  return notRun === undefined ? `${passed} / ${failed.length} / ${skipped.length}` : `not run: ${notRun}`;
}

const rows = [];
const details = new Map();
for (const host of hosts) {
  for (const isa of isas) {
    const cells = threads.map((count) => {
      const cell = runCell(host, isa, count);
      const name = `${host.name}, ${isa}, ${count} thread${count === 1 ? '' : 's'}`;
      console.error(`${name}: ${text(cell)}${cell.seconds ? ` (${cell.seconds} s)` : ''}`);
      for (const { name: test, message } of cell.failed ?? []) console.error(`  ✗ ${test}: ${message}`);
      for (const test of cell.skipped ?? []) details.set(test, [...(details.get(test) ?? []), name]);
      return cell;
    });
    rows.push(`| ${host.name} | ${isa} | ${cells.map(text).join(' | ')} |`);
    if (cells.some(({ failed = [] }) => failed.length > 0)) process.exitCode = 1;
  }
}

const heads = threads.map((count) => `${count} thread${count === 1 ? '' : 's'}`);
const page = `# Conformance of the engine

The conformance kit on attune's own engine, in each combination of host, instruction set and threads: tests passed / failed / skipped.
Written by \`node tools/conformance-matrix/conformance-matrix.js --write\`, on ${cpus()[0]?.model.trim()}, ${cpus().length} processors.

| host | instruction set | ${heads.join(' | ')} |
| ---- | --------------- | ${heads.map(() => '---').join(' | ')} |
${rows.join('\n')}

${
  details.size === 0
    ? 'No test is skipped.'
    : `Skipped:\n\n${[...details].map(([test, where]) => `- ${test}: ${where.length === rows.length * threads.length ? 'everywhere' : where.join('; ')}`).join('\n')}`
}
`;
console.log(page);
if (values.write) writeFileSync(path('../../docs/conformance.md'), page);
