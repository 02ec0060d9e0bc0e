import { engineBackend, type Backend } from '@attune/core';
import { engineOn, type EngineHost, type KernelTime } from '@attune/engine';
import { openNative } from '@attune/engine/node';
import { openWasm } from '@attune/engine/wasm';
import type { ChosenBackend } from '@attune/runs';
import { openBackend } from '../backends/open-backend.js';
import type { Context } from '../environment/context.js';

/** A backend, and the times of its kernels where they can be had. */
export interface MeasuredBackend {
  readonly backend: Backend;
  /** Times since it was opened; missing where the engine does not measure them. */
  kernelTimes?(): Promise<readonly KernelTime[]>;
}

const hosts: Readonly<
  Record<string, (threads: number | undefined, isa: string | undefined) => Promise<EngineHost>>
> = {
  cpu: async (threads, isa) =>
    openNative({
      profile: true,
      ...(threads !== undefined && { threads }),
      ...(isa !== undefined && { isa }),
    }),
  wasm: (threads, isa) => openWasm({ profile: true, threads, isa: isa as 'relaxed' | 'simd128' | undefined }),
};

/**
 * Opens a backend. With `profile`, attune's own engine is opened so that it measures its kernels, which costs a little; other
 * engines do not say what each of their kernels takes.
 */
export async function openMeasured(
  chosen: ChosenBackend,
  profile: boolean,
  context: Context,
): Promise<MeasuredBackend> {
  const backend = await openBackend(chosen, context);
  const { name, device } = backend;
  const open = device.engine?.name === 'attune' ? hosts[name] : undefined;
  if (!profile || !open) return { backend };
  await backend.dispose();
  const host = await open(context.backendOptions?.().threads, chosen.isa);
  const { description } = device;
  return {
    backend: engineBackend(engineOn(host, { name, description })),
    kernelTimes: () => host.profile(),
  };
}
