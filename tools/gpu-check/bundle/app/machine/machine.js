/** Describes the machine: processor, system, NVIDIA's driver. */
import { existsSync, readdirSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { outputOf } from './run.js';

const queried = ['name', 'driver_version', 'memory.total', 'compute_mode', 'mig.mode.current', 'power.limit'];

/** NVIDIA's GPUs as `nvidia-smi` lists them; `undefined` where there is none of it. */
async function listNvidia() {
  const output = await outputOf('nvidia-smi', [`--query-gpu=${queried.join(',')}`, '--format=csv,noheader']);
  if (output === undefined) return undefined;
  return readNvidia(output);
}

/** The GPUs of an output of `nvidia-smi`, which may also be a sentence, such as "No devices were found". */
export function readNvidia(output) {
  const lines = output.split('\n').map((line) => line.split(',').map((value) => value.trim()));
  const gpus = lines.filter(({ length }) => length === queried.length);
  if (gpus.length === 0) return undefined;
  return gpus.map((values) => Object.fromEntries(queried.map((name, i) => [name, values[i]])));
}

/** The files by which the kernel shows GPUs: of NVIDIA's driver, and of the others. */
const deviceFiles = () => [
  ...(existsSync('/dev/nvidia0') ? ['/dev/nvidia0'] : []),
  ...(existsSync('/dev/dri') ? readdirSync('/dev/dri').filter((name) => name.startsWith('renderD')) : []),
];

export async function describeMachine() {
  // Names of other machines are asked for otherwise, which may take long.
  process.report.excludeNetwork = true;
  const { header } = process.report.getReport();
  return {
    processor: cpus()[0]?.model.trim(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    glibc: header.glibcVersionRuntime,
    node: process.version,
    deviceFiles: deviceFiles(),
    nvidia: await listNvidia(),
  };
}
