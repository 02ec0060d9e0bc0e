/** Checks attune on this machine's GPU and writes what came of it: see the README beside this folder. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, USAGE } from './arguments.js';
import { Check } from './check.js';
import { compileAhead } from './pytorch/compile-ahead.js';
import { findCuda, findDevice } from './machine/find-device.js';
import { describeMachine } from './machine/machine.js';
import { GpuMemory } from './machine/gpu-memory.js';
import { namesOfParts, partsOf } from './parts/index.js';
import { findPyTorch } from './pytorch/find.js';
import { Report } from './report/report.js';

const began = performance.now();
const { options, fault } = readArguments(process.argv.slice(2), namesOfParts);
if (fault !== undefined || options.help) {
  (fault === undefined ? console.log : console.error)(fault === undefined ? USAGE : `${fault}\n\n${USAGE}`);
  process.exit(fault === undefined ? 0 : 2);
}
const untilMs = began + 1000 * options.seconds;
const home = fileURLToPath(new URL('..', import.meta.url));
const temp = mkdtempSync(join(tmpdir(), 'gpu-check-'));
const manifest = JSON.parse(readFileSync(join(home, 'manifest.json'), 'utf8'));

const report = new Report(options.out, {
  attune: manifest.commit,
  versions: Object.fromEntries(manifest.components.map(({ name, version }) => [name, version])),
  limitSeconds: options.seconds,
});
const gpuMemory = new GpuMemory();
/** Processes to end with this one. */
const running = new Set();

function end(code) {
  for (const one of running) one.kill();
  gpuMemory.stop();
  rmSync(temp, { recursive: true, force: true, maxRetries: 5 });
  report.end((performance.now() - began) / 1000);
  console.log(report.summary());
  process.exit(code);
}
// Every part has its own limit; this is for one that does not keep to it.
setTimeout(() => end(1), untilMs - performance.now()).unref();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(130));

const machine = await describeMachine();
report.set({ machine });
const { cudaDir } = options;
const given = { ...options, env: process.env, home, temp, machine, running };
const found = await findDevice(given);
const cuda =
  cudaDir === undefined ? { missing: [] } : await findCuda({ ...given, cudaDir: resolve(cudaDir) });
const missing = [...found.missing, ...cuda.missing];
report.set({ device: found.about, ways: found.ways, missing });
for (const line of missing) console.log(`Missing: ${line}`);
const parts = partsOf(options, { webgpu: found.device, cuda: cuda.device });
if (parts.length === 0) end(2);
if (found.about) console.log(`${found.about.description}, by ${found.way.name}`);

const software = found.about?.software === true;
const torch = await findPyTorch({ ...given, software });
report.set({ pytorch: torch.about, missing: [...missing, ...torch.missing] });
for (const line of torch.missing) console.log(`Missing: ${line}`);
let stopCompiling = async () => undefined;
if (torch.pytorch) {
  running.add(torch.pytorch);
  // Not on processors that a software adapter needs.
  if (!software) stopCompiling = compileAhead(torch.another());
  running.add({ kill: () => stopCompiling() });
}

const check = new Check({
  ...{ home, software, gpuMemory, report, running, untilMs },
  env: {
    ...process.env,
    ...found.way?.env,
    ...(cudaDir !== undefined && { ATTUNE_CUDA_DIR: resolve(cudaDir) }),
  },
  pytorch: torch.pytorch,
  onTiming: () => stopCompiling(),
});
await check.run(parts);
end(report.hasFailures() ? 1 : 0);
