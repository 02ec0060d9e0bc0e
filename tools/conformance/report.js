/**
 * Runs the conformance kit on backends of attune's own and writes what the page of ops says of them:
 *
 *     npm run build && node tools/conformance/report.js [BACKEND…]
 *
 * Each report goes to `tools/conformance/reports/BACKEND.json`, without its list of tests. webgpu runs in Chromium, on whatever
 * adapter it finds there. Takes minutes, so that CI only looks whether the page follows from the reports.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conformanceReport, summaryOf } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('../..', import.meta.url));
const reports = fileURLToPath(new URL('reports/', import.meta.url));

/** In Node: the module of each backend, and the options it is created with. */
const inNode = {
  reference: ['@attune/backend-reference', {}],
  cpu: ['@attune/backend-cpu', { threads: 2 }],
  wasm: ['@attune/backend-wasm', { threads: 2 }],
  'wasm-tfjs': ['@attune/backend-wasm', { engine: 'tfjs' }],
  // On TensorFlow for the CPU, where ATTUNE_CUDA_DIR has one: see tools/libtensorflow.
  cuda: ['@attune/backend-cuda', { allowCpu: true }],
};

async function reportInNode(name) {
  const [module, options] = inNode[name];
  const { backend } = await import(module);
  const found = await backend.isAvailable(options);
  if (!found.available) throw new Error(`${name} cannot run here: ${found.reason}`);
  return conformanceReport({ name, create: () => backend.create(options), fixtures });
}

/** By the spec of the backend, which opens Chromium. */
function reportInChromium() {
  const folder = mkdtempSync(join(tmpdir(), 'attune-conformance-'));
  const file = join(folder, 'report.json');
  try {
    const jest = join(root, 'node_modules/jest/bin/jest.js');
    const args = [
      '--experimental-vm-modules',
      jest,
      'packages/backend-webgpu/src/browser',
      '-t',
      'in a page',
    ];
    spawnSync(process.execPath, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ATTUNE_CONFORMANCE_REPORT: file, ATTUNE_REQUIRE_BROWSER: '1' },
    });
    return JSON.parse(readFileSync(file, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const given = process.argv.slice(2);
for (const name of given.length > 0 ? given : ['reference', 'cpu', 'wasm', 'wasm-tfjs', 'webgpu']) {
  const report = name === 'webgpu' ? reportInChromium() : await reportInNode(name);
  console.log(summaryOf(report));
  // The tests by name are some 100 KB, and the page has no place for them.
  const { tests, ...rest } = report;
  const failed = tests.filter(({ state }) => state === 'failed');
  mkdirSync(reports, { recursive: true });
  const file = join(reports, `${name}.json`);
  const options = { ...(await resolveConfig(file)), parser: 'json' };
  writeFileSync(file, await format(JSON.stringify({ ...rest, failed }, null, 2), options));
  if (failed.length > 0) process.exitCode = 1;
}
