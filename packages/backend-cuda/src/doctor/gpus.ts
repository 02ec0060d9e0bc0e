import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Environment } from '../load/environment.js';
import { systemPrograms } from '../load/system-programs.js';

/** A GPU, as NVIDIA's own tool lists it. */
export interface Gpu {
  readonly name: string;
  readonly memoryBytes: number;
}

/** Resolves to the tool's output; rejects where there is no such tool. */
export type Query = () => Promise<string>;

const nvidiaSmi: Query = async () => {
  const options = ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'];
  return (await promisify(execFile)('nvidia-smi', options, { ...systemPrograms(), timeout: 10_000 })).stdout;
};

/** The GPUs of this machine, in the order of their numbers; none where `nvidia-smi` is missing. */
export async function listGpus(query: Query = nvidiaSmi): Promise<readonly Gpu[]> {
  const text = await query().catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [, name, mebibytes] = /^(.+),\s*(\d+)\s*$/.exec(line) ?? [];
    return name && mebibytes ? [{ name: name.trim(), memoryBytes: Number(mebibytes) * 2 ** 20 }] : [];
  });
}

/**
 * The one that TensorFlow computes on: the first, or that which `CUDA_VISIBLE_DEVICES` names first. Where it names them
 * otherwise than by number, there is no telling.
 */
export function usedGpu(gpus: readonly Gpu[], env: Environment): Gpu | undefined {
  const visible = env['CUDA_VISIBLE_DEVICES'] ?? '0';
  return /^\d+(,\d+)*$/.test(visible) ? gpus[Number(visible.split(',')[0])] : undefined;
}
