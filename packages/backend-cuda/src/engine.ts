import type { DeviceInfo, Engine } from '@attune/core';
import { tfjsEngine } from '@attune/lowering-tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';
import { adviseBatch, cudaHooks } from './failures.js';
import { withFlatOptimizer, type FlatHandle } from './flat-optimizer/flat-tensors.js';
import { TFJS_BACKEND } from './load/tfjs-node.js';
import { cudaRules } from './rules/index.js';

/** Runs that are out of memory say which batch would have fit. */
function withAdvice(engine: Engine<Tensor>): Engine<Tensor> {
  return {
    ...engine,
    build: async (program) => {
      const compiled = await engine.build(program);
      return {
        ...compiled,
        run: async (state, feeds, commit) => {
          const { bytes } = engine.memory();
          try {
            return await compiled.run(state, feeds, commit);
          } catch (error) {
            throw adviseBatch(error, program, bytes);
          }
        },
      };
    },
  };
}

/** TensorFlow as an engine. The package has to be loaded. */
export function cudaEngine(
  device: DeviceInfo,
  { gpu, tf32 }: { readonly gpu: boolean; readonly tf32: boolean },
): Engine<FlatHandle<Tensor>> {
  const engine = tfjsEngine({
    name: 'cuda',
    tfjsBackend: TFJS_BACKEND,
    device,
    // On a GPU, rows that are added to one row of a table come in any order.
    deterministic: !gpu,
    // On the CPU, the setting has nothing to set.
    precision: gpu && tf32 ? 'tf32' : 'f32',
    rules: cudaRules,
    hooks: cudaHooks,
  });
  return withFlatOptimizer(withAdvice(engine));
}
