/** Checks attune on this machine's GPU and writes what came of it: see the README beside this folder. */
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, USAGE } from './arguments.js';
import { Check } from './check.js';
import { compileAhead } from './pytorch/compile-ahead.js';
import { findCuda, findDevice } from './machine/find-device.js';
import { describeMachine } from './machine/machine.js';
import { GpuMemory } from './machine/gpu-memory.js';
import { makeTemporaryFolder } from './machine/temporary-folder.js';
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
const manifest = JSON.parse(readFileSync(join(home, 'manifest.json'), 'utf8'));

/** Makes what the check cannot do without: a folder for the report, and one for temporary files. */
function prepare() {
  try {
    const report = new Report(options.out, {
      attune: manifest.commit,
      versions: Object.fromEntries(manifest.components.map(({ name, version }) => [name, version])),
      limitSeconds: options.seconds,
    });
    return { report, temp: makeTemporaryFolder([tmpdir(), home, report.folder]) };
  } catch (error) {
    console.error(`${error.message}\n--out FOLDER names one for the report, TMPDIR one for temporary files.`);
    process.exit(2);
  }
}
const { report, temp } = prepare();
const gpuMemory = new GpuMemory();
/** Processes to end with this one. */
const running = new Set();

function end(code) {
  for (const one of running) one.kill();
  gpuMemory.stop();
  report.end((performance.now() - began) / 1000);
  console.log(report.summary());
  try {
    rmSync(temp, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // What was just ended may still write there.
  }
  process.exit(code);
}
// Every part has its own limit; this is for one that does not keep to it.
setTimeout(() => end(1), untilMs - performance.now()).unref();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(130));
process.on('uncaughtException', (error) => {
  const { message, stack } = error;
  report.data.parts.push({ name: 'the check itself', state: 'failed', error: { message, stack } });
  end(1);
});

const machine = await describeMachine();
report.set({ machine });
const { cudaDir } = options;
const given = { ...options, env: process.env, home, temp, machine, running };
const found = await findDevice(given);
const cuda =
  cudaDir === undefined ? { missing: [] } : await findCuda({ ...given, cudaDir: resolve(cudaDir) });
report.set({ device: found.about, ways: found.ways });
/** Says in the first lines of the report what is missing. */
function tellMissing(line) {
  report.set({ missing: [...report.data.missing, line] });
  console.log(`Missing: ${line}`);
}
[...found.missing, ...cuda.missing].forEach(tellMissing);
const parts = partsOf(options, { webgpu: found.device, cuda: cuda.device });
if (parts.length === 0) end(2);
if (found.about) console.log(`${found.about.description}, by ${found.way.name}`);

const software = found.about?.software === true;
let stopCompiling = async () => undefined;

/** Looks for PyTorch, which takes its time to load, while the conformance kit runs; then has it compile. */
async function preparePyTorch() {
  if (!parts.some(({ timed }) => timed)) return undefined;
  // Where it takes longer, the rest of the time is for attune alone.
  const mostMs = (untilMs - performance.now()) / 2;
  const torch = await findPyTorch({ ...given, software, mostMs });
  report.set({ pytorch: torch.about });
  torch.missing.forEach(tellMissing);
  if (!torch.pytorch) return undefined;
  const cannotCompile = (reason) => {
    torch.pytorch.cannotCompile = reason;
    tellMissing(`A compiler for PyTorch, so that attune is compared with its eager ways alone: ${reason}`);
  };
  // Not on processors that a software adapter needs.
  if (!software) stopCompiling = compileAhead(torch.another(), cannotCompile);
  running.add({ kill: () => stopCompiling() });
  return torch.pytorch;
}
const pytorch = preparePyTorch();

const check = new Check({
  ...{ home, software, gpuMemory, report, running, untilMs },
  env: {
    ...process.env,
    ...found.way?.env,
    ...(cudaDir !== undefined && { ATTUNE_CUDA_DIR: resolve(cudaDir) }),
  },
  pytorchForTiming: async () => {
    const ready = await pytorch;
    await stopCompiling();
    return ready;
  },
});
await check.run(parts);
end(report.hasFailures() ? 1 : 0);
