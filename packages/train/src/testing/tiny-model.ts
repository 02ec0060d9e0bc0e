import { hostTensor, Random, type HostTensors } from '@attune/core';
import { gpt2, type Gpt2Model, type Gpt2Options } from '@attune/nn';

/** A GPT-2 small enough for a unit test. */
export function tinyModel(options: Partial<Gpt2Options> = {}): Gpt2Model {
  return gpt2({ vocabSize: 13, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 8, ...options });
}

/** Random token batches `x, y i32[batches, rows, T]`, and masks of unequal length: row r counts its first tokens only. */
export function tinyBatches(batches: number, rows: number, { length = 8, seed = 3 } = {}): HostTensors {
  const random = new Random(seed);
  const shape = [batches, rows, length];
  const size = batches * rows * length;
  const tokens = () => Int32Array.from({ length: size }, () => random.integer(13));
  const lengths = Array.from({ length: batches * rows }, () => 1 + random.integer(length));
  const mask = Float32Array.from({ length: size }, (_, i) =>
    Number(i % length < lengths[Math.floor(i / length)]!),
  );
  return {
    x: hostTensor('i32', shape, tokens()),
    y: hostTensor('i32', shape, tokens()),
    lossMask: hostTensor('f32', shape, mask),
  };
}
