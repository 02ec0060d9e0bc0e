import type { PeerResolver } from '@attune/core';
import { findGpu, type NoGpu } from './dawn.js';

/** A GPU, as it is shown to the user and to `auto`. */
export interface AdapterDescription {
  readonly description: string;
  /** True for a software adapter, which computes on the CPU. */
  readonly software: boolean;
}

const softwareAdapters = /swiftshader|llvmpipe|lavapipe|softpipe|microsoft basic render|software/i;

/** Describes an adapter by its own words. Browsers leave out what would identify their user. */
export function describeAdapter({ info }: Pick<GPUAdapter, 'info'>): AdapterDescription {
  const { vendor, architecture, device, description } = info;
  const words = [description || device || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed GPU'];
  const software =
    info.isFallbackAdapter === true ||
    softwareAdapters.test([vendor, architecture, device, description].join(' '));
  return {
    description: `WebGPU, ${words.join(' ')}${software ? ' (software adapter: slow)' : ''}`,
    software,
  };
}

/** Options for choosing an adapter. */
export interface AdapterOptions {
  /** The preference among several GPUs. Default: `high-performance`. */
  readonly powerPreference?: GPUPowerPreference;
  /** In Node: flags for Dawn, e.g. `backend=vulkan`. Count for the first backend that is made. */
  readonly dawnFlags?: readonly string[];
  /**
   * In Node: finds `webgpu` and `onnxruntime-web` elsewhere. Without it, they are imported from where this package is
   * installed. Counts for the first backend that is made.
   */
  readonly resolvePeer?: PeerResolver;
}

/** Looks for a GPU. */
export async function findAdapter({
  powerPreference = 'high-performance',
  dawnFlags,
  resolvePeer,
}: AdapterOptions = {}): Promise<GPUAdapter | NoGpu> {
  const gpu = await findGpu(dawnFlags, resolvePeer);
  if ('reason' in gpu) return gpu;
  let reason = 'WebGPU found no GPU (no adapter)';
  try {
    const adapter = await gpu.requestAdapter({ powerPreference });
    if (adapter) return adapter;
  } catch (error) {
    reason = `WebGPU could not look for a GPU: ${String(error)}`;
  }
  return {
    reason,
    fix: 'Install the GPU’s driver, and see whether the browser blocks it: chrome://gpu, or about:support in Firefox.',
  };
}
