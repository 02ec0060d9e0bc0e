import type { Checkpoint, HostTensors } from '@attune/core';
import type { Gpt2Config } from '@attune/nn';
import { savedSpecs } from '../index.js';

/** A model of which a checkpoint takes little room. */
export const config: Gpt2Config = {
  family: 'gpt2',
  vocabSize: 5,
  blockSize: 4,
  nLayer: 1,
  nHead: 1,
  nEmbd: 2,
  dropout: 0.2,
  bias: false,
  activation: 'gelu',
  layerNormEpsilon: 1e-5,
};

function tensors(prefix: string, seed: number): HostTensors {
  return Object.fromEntries(
    Object.entries(savedSpecs(config)).map(([name, { shape }]) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
        Math.cos(seed + i),
      );
      return [`${prefix}${name}`, { dtype: 'f32', shape, data }];
    }),
  );
}

/** A checkpoint whose values depend on its step. */
export function checkpointAt(step: number): Checkpoint {
  return {
    step,
    tokens: step * 48,
    seed: 1337,
    parameters: tensors('', step),
    optimizer: { ...tensors('exp_avg.', step + 1), ...tensors('exp_avg_sq.', step + 2) },
    data: { position: 12, fingerprint: 'abc', shuffled: true, end: null },
  };
}
