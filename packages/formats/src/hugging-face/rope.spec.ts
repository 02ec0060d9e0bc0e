import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Random, type HostTensor } from '@attune/core';
import { llama, ropeFrequencies, type RopeConfig } from '@attune/nn';
import { readSafetensors } from '../node/index.js';

/*
 * Rotary tables against transformers' own. The arithmetic is the same, in float32 operation by operation; powers and
 * cosines may differ in their last bit.
 */

const fixture = (file: string) =>
  fileURLToPath(new URL(`../../../backend-testkit/fixtures/rope/${file}`, import.meta.url));

interface Case {
  readonly name: string;
  readonly width: number;
  readonly rope: RopeConfig;
}

const { positions, cases } = JSON.parse(await readFile(fixture('case.json'), 'utf8')) as {
  readonly positions: readonly number[];
  readonly cases: readonly Case[];
};
const expected = await readSafetensors(fixture('tensors.safetensors'));

/** The largest difference, relative to what is expected. */
function worst(actual: ArrayLike<number>, { data }: HostTensor): number {
  expect(actual).toHaveLength(data.length);
  return Math.max(
    ...Array.from(data, (value, i) => Math.abs(actual[i]! - value) / Math.max(Math.abs(value), 1e-30)),
  );
}

describe.each(cases.map((one) => [one.name, one] as const))('%s', (name, { width, rope }) => {
  test('frequencies agree to the last bit', () => {
    const { frequencies } = ropeFrequencies(rope, width);
    expect(worst(frequencies, expected[`${name}.frequencies`]!)).toBeLessThan(1.2e-7);
  });

  test('cosines and sines agree to 1e-6 up to position 4095', () => {
    const sizes = { vocabSize: 1, nLayer: 1, nHead: 1, nEmbd: width, intermediateSize: 1 };
    const model = llama({ ...sizes, maxPositions: 131072, rope });
    for (const { name: path, init, shape } of model.buffers) {
      const table = init(new Random(0, 0), shape);
      const part = path.split('.').at(-1)!;
      const { data } = expected[`${name}.${part}`]!;
      positions.forEach((position, row) => {
        for (let i = 0; i < width / 2; i++) {
          const difference = Math.abs(table[(position * width) / 2 + i]! - data[(row * width) / 2 + i]!);
          if (difference >= 1e-6)
            throw new Error(`${part} of position ${position}, ${i}: off by ${difference}.`);
        }
      });
    }
    expect(model.buffers).toHaveLength(2);
  });
});
