import type { BreakableBackend } from '@attune/backend-testkit';
import { backend } from '../index.js';

declare const navigator: { readonly gpu: GPU };

/** A GPU reads an index out of range as some row: what makes a run fail here is that the GPU is lost. */
export const failingRun: BreakableBackend = {
  breakable: async () => {
    const gpu = await (await navigator.gpu.requestAdapter())!.requestDevice();
    return { backend: await backend.create({ device: gpu }), breakDown: () => gpu.destroy() };
  },
};
