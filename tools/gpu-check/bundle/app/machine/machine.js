/** Describes the machine: processor, system, NVIDIA's driver. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

/** The first line of what `nvidia-smi` says where it lists nothing: the driver does not answer, say. */
async function faultOfNvidia() {
  const said = await outputOf('nvidia-smi', [], { failing: true });
  return said?.split('\n').find((line) => line.trim() !== '');
}

const namesIn = (folder, pattern) =>
  existsSync(folder) ? readdirSync(folder).filter((name) => pattern.test(name)) : [];

/** The files by which the kernel shows GPUs: of NVIDIA's driver, and of the others. */
const deviceFiles = () => [
  // A container's only GPU may be the machine's third.
  ...namesIn('/dev', /^nvidia(\d+|ctl|-uvm|-modeset)$/).map((name) => `/dev/${name}`),
  ...namesIn('/dev/dri', /^renderD/),
];

/** The version of NVIDIA's module in the kernel, by a text such as "NVRM version: … Module  580.95.05  Release Build". */
export const readKernelDriver = (text) => /^NVRM version:.*?\s(\d+\.\d[\d.]*)\s/m.exec(text)?.[1];

function kernelDriver() {
  try {
    return readKernelDriver(readFileSync('/proc/driver/nvidia/version', 'utf8'));
  } catch {
    return undefined;
  }
}

export async function describeMachine() {
  // Names of other machines are asked for otherwise, which may take long.
  process.report.excludeNetwork = true;
  const { header } = process.report.getReport();
  const nvidia = await listNvidia();
  const nvidiaFault = nvidia ? undefined : await faultOfNvidia();
  return {
    processor: cpus()[0]?.model.trim(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    glibc: header.glibcVersionRuntime,
    node: process.version,
    deviceFiles: deviceFiles(),
    kernelDriver: kernelDriver(),
    nvidia,
    ...(nvidiaFault && { nvidiaFault }),
  };
}
