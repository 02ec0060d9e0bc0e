import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PeerResolver } from '@attune/core';
import { listGpus, type Gpu } from './gpus.js';
import { builtWithCuda } from '../load/cuda-build.js';
import { findDriver, type Driver } from '../load/driver.js';
import type { Environment } from '../load/environment.js';
import { addonMissing, noGpu, packageMissing } from '../load/load-failure.js';
import { locateHere, type Located } from '../load/locate.js';
import { PACKAGE } from '../load/package.js';
import { cudaLibraryOf, findLibraries, neededLibraries, sonameOf, type FoundLibrary } from './libraries.js';
import { probe, type ProbeReport } from './probe.js';

/** One thing that a GPU backend needs, and how it is here. */
export interface CudaFinding {
  readonly name: string;
  readonly ok: boolean;
  readonly text: string;
  readonly fix?: string;
}

/** The facts about a machine that `doctor` examines. Tests bring their own. */
export interface Machine {
  readonly driver: Driver | undefined;
  readonly gpus: readonly Gpu[];
  readonly libraries: readonly FoundLibrary[];
  readonly located: Located | undefined;
  readonly addonExists: boolean;
  readonly env: Environment;
  /** True if TensorFlow was built with CUDA; `undefined` where that is unknown. */
  readonly cuda?: boolean;
  readonly napi: number;
  readonly node: string;
  /** Missing where there is nothing to load. */
  readonly report?: ProbeReport;
}

/** Version 8 of Node-API is what the package builds its addon for. */
const NAPI = 8;

function driverFinding({ driver, gpus }: Machine): CudaFinding {
  const name = 'driver';
  if (!driver) {
    const fix = "Install NVIDIA's driver for the GPU; give a container its GPU: docker run --gpus all.";
    return { name, ok: false, text: 'no NVIDIA driver', fix };
  }
  const version = driver.version ?? 'of unknown version';
  const cards = gpus.map(({ name, memoryBytes }) => `${name}, ${Math.round(memoryBytes / 2 ** 30)} GiB`);
  const text = `NVIDIA ${version}${cards.length > 0 ? `: ${cards.join('; ')}` : ''}`;
  return { name, ok: true, text };
}

function librariesFinding({ driver, libraries, report }: Machine): CudaFinding {
  const name = 'libraries';
  const sonames = libraries.map(({ soname }) => soname);
  const found = sonames.length > 0 ? sonames.join(', ') : 'no CUDA library found';
  if (report?.probe.loaded && report.probe.gpu) return { name, ok: true, text: found };

  // What TensorFlow looked for is known by version; before it runs, only that one of each is needed.
  const sought = (report?.missing ?? []).filter((soname) => cudaLibraryOf(soname) !== undefined);
  const absent = neededLibraries.filter((needed) =>
    sonames.every((soname) => cudaLibraryOf(soname) !== needed),
  );
  const unlinked = libraries.filter(({ linked }) => !linked);
  const elsewhere = sought.filter((file) => unlinked.every(({ soname }) => soname !== sonameOf(file)));

  const faults = [
    ...(unlinked.length > 0 ? ['the dynamic linker does not know all of them'] : []),
    ...(sought.length > 0 ? [`TensorFlow did not find ${sought.join(', ')}`] : []),
    ...(sought.length === 0 && sonames.length > 0 && absent.length > 0
      ? [`without ${absent.join(', ')}`]
      : []),
  ];
  if (driver && sonames.length > 0 && faults.length === 0) return { name, ok: true, text: found };
  const text = [found, ...faults].join('; ');
  if (!driver) return { name, ok: false, text };
  const folders = [...new Set(unlinked.map(({ path }) => dirname(path)))];
  const tellLinker = `export LD_LIBRARY_PATH=${folders.join(':')}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`;
  const install =
    "Install the CUDA and cuDNN libraries of the versions that TensorFlow was built with. Python's packages bring both: " +
    "pip install --target tf 'tensorflow[and-cuda]', then attune setup cuda --libtensorflow tf.";
  const isInstalled = folders.length > 0 && elsewhere.length === 0;
  return { name, ok: false, text, fix: isInstalled ? tellLinker : install };
}

function nodeFinding({ node, napi }: Machine): CudaFinding {
  const text = `${node}, Node-API ${napi}`;
  return napi >= NAPI
    ? { name: 'node', ok: true, text }
    : { name: 'node', ok: false, text, fix: 'Use Node 20 or later.' };
}

function packageFindings({ located, addonExists, env }: Machine): CudaFinding[] {
  if (!located) {
    const { reason, fix } = packageMissing(env);
    return [{ name: 'package', ok: false, text: reason, ...(fix && { fix }) }];
  }
  const { folder, version, addon, prepared } = located;
  const origin = prepared ? ', prepared by attune setup cuda' : '';
  const found = { name: 'package', ok: true, text: `${PACKAGE} ${version} in ${folder}${origin}` };
  if (addonExists) return [found, { name: 'addon', ok: true, text: addon }];
  const { fix } = addonMissing(addon);
  return [found, { name: 'addon', ok: false, text: 'no native addon', ...(fix && { fix }) }];
}

function tensorflowFindings({ report, driver, cuda }: Machine): CudaFinding[] {
  if (!report) return [];
  const { probe, notices } = report;
  if (!probe.loaded) {
    return [{ name: 'tensorflow', ok: false, text: probe.reason, ...(probe.fix && { fix: probe.fix }) }];
  }
  const { tensorflow, gpu, matmul } = probe;
  const rate = `${(matmul.flops / 1e9).toFixed(0)} GFLOP/s in float32 (${matmul.size}³)`;
  const matmulFinding = { name: 'matmul', ok: gpu, text: `${rate}${gpu ? '' : ', on the CPU'}` };
  if (gpu) return [{ name: 'tensorflow', ok: true, text: `${tensorflow}, on the GPU` }, matmulFinding];
  const { fix } = noGpu(tensorflow, driver, cuda);
  const said = notices.length > 0 ? `. It says: ${notices.join(' ')}` : '';
  const text = `${tensorflow}, ${cuda === false ? 'built for the CPU' : `sees no GPU${said}`}`;
  return [{ name: 'tensorflow', ok: false, text, ...(fix && { fix }) }, matmulFinding];
}

/** The findings about a machine, in the order in which to fix them. */
export function findingsOf(machine: Machine): CudaFinding[] {
  return [
    driverFinding(machine),
    librariesFinding(machine),
    nodeFinding(machine),
    ...packageFindings(machine),
    ...tensorflowFindings(machine),
  ];
}

/**
 * Looks at all that the CUDA backend needs, and where the package and its addon are there, loads them in a process of its
 * own and measures a product of matrices: some seconds.
 *
 * @param resolvePeer finds the package elsewhere.
 */
export async function examineCuda(resolvePeer?: PeerResolver, probeFile?: URL): Promise<CudaFinding[]> {
  const located = locateHere(resolvePeer);
  const addonExists = located !== undefined && existsSync(located.addon);
  const cuda = located && (await builtWithCuda(located.libraries));
  return findingsOf({
    driver: findDriver(),
    gpus: await listGpus(),
    libraries: findLibraries({ env: process.env, ...(located && { tensorflow: located.libraries }) }),
    located,
    addonExists,
    env: process.env,
    ...(cuda !== undefined && { cuda }),
    napi: Number(process.versions['napi'] ?? 0),
    node: process.version,
    ...(addonExists && { report: await probe(resolvePeer?.(PACKAGE), probeFile) }),
  });
}
