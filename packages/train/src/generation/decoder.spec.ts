import { backend as reference } from '@attune/backend-reference';
import { hostTensor, type Backend, type HostTensors, type State } from '@attune/core';
import { llama } from '@attune/nn';
import { tinyModel } from '../testing/tiny-model.js';
import { allocateParameters } from '../trainer/parameters.js';
import { chunksOf } from './chunks.js';
import { createDecoder, type Decoder } from './decoder.js';
import { createWindowDecoder } from './window-decoder.js';

const models = {
  gpt2: tinyModel({ blockSize: 40 }),
  llama: llama({
    ...{ vocabSize: 13, blockSize: 40, nLayer: 2, nHead: 4, nKvHead: 2, nEmbd: 16 },
    ...{ headDim: 6, intermediateSize: 12, slidingWindow: { size: 5, layers: [1] } },
  }),
};

/** Parameters so wide that all of the context matters: initial ones are so small that little but the last token does. */
async function parametersOf(backend: Backend, model: (typeof models)[keyof typeof models]): Promise<State> {
  const state = await allocateParameters(backend, model, { seed: 4 });
  const names = model.parameters.filter(({ shape }) => shape.length > 1).map(({ name }) => name);
  const wide = Object.entries(await state.read(names)).map(([name, { dtype, shape, data }]) => [
    name,
    hostTensor(
      dtype,
      shape,
      Array.from(data, (value) => 20 * value),
    ),
  ]);
  await state.write(Object.fromEntries(wide) as HostTensors);
  return state;
}

/** Tokens that look random. */
const tokensOf = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => Math.floor(Math.abs(Math.sin(seed * 31 + i * 7.3)) * 13) % 13);

const expectClose = (actual: Float32Array, expected: Float32Array) => {
  const size = Math.max(...expected.map(Math.abs));
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4 * size));
};

describe.each(['gpt2', 'llama'] as const)('rows of %s', (family) => {
  const model = models[family];
  let [backend, state, decoder, window] = [] as unknown as [Backend, State, Decoder, Decoder];
  beforeAll(async () => {
    backend = await reference.create();
    state = await parametersOf(backend, model);
    decoder = await createDecoder({ backend, model, state, rows: 3 });
    window = await createWindowDecoder({ backend, model, state });
  });
  beforeEach(() => decoder.forget());
  afterAll(async () => {
    decoder.dispose();
    window.dispose();
    state.dispose();
    await backend.dispose();
  });

  /** The logits after a sequence, computed without a cache. */
  const alone = async (tokens: readonly number[]) => (await window.next([{ row: 0, tokens }]))[0]!;

  test('begin, go on and end independently of each other', async () => {
    const texts = [tokensOf(3, 1), tokensOf(19, 2), tokensOf(1, 3)];
    const rows = (...of: number[]) => of.map((row) => ({ row, tokens: texts[row]! }));
    for (const [step, given] of [[1], [1, 0], [1, 0], [2, 0, 1], [0], [1, 2]].entries()) {
      const logits = await decoder.next(rows(...given));
      for (const [i, row] of given.entries()) {
        expectClose(logits[i]!, await alone(texts[row]!));
        texts[row] = [...texts[row]!, (row + step) % 13];
      }
      // Another text takes the place of one that ended.
      if (step === 3) texts[0] = tokensOf(9, 5);
    }
  });

  test('are read from where they part from what they were', async () => {
    const tokens = tokensOf(30, 6);
    await decoder.next([{ row: 1, tokens }]);
    for (const next of [
      [...tokens, 4, 5, 6], // continued
      tokens.slice(0, 12), // cut short
      [...tokens.slice(0, 5), ...tokensOf(9, 8)], // changed in the middle
      tokensOf(50, 9), // longer than the context
    ]) {
      expectClose((await decoder.next([{ row: 1, tokens: next }]))[0]!, await alone(next));
    }
  });
});

describe('a decoder', () => {
  let [backend, decoder] = [] as unknown as [Backend, Decoder];
  beforeAll(async () => {
    backend = await reference.create();
    const state = await parametersOf(backend, models.gpt2);
    decoder = await createDecoder({ backend, model: models.gpt2, state, rows: 2, contextLength: 16 });
  });

  test('carries out calls in their order', async () => {
    const text = tokensOf(6, 1);
    const [one] = await decoder.next([{ row: 0, tokens: text }]);
    decoder.forget();
    const calls = [text.slice(0, 4), [9, 9], text.slice(0, 5), text].map((tokens) =>
      decoder.next([{ row: 0, tokens }]),
    );
    expect((await Promise.all(calls)).at(-1)![0]).toEqual(one);
  });

  test.each([
    [[{ row: 2, tokens: [1] }], 'INVALID_ARGUMENT'],
    [
      [
        { row: 0, tokens: [1] },
        { row: 0, tokens: [2] },
      ],
      'INVALID_ARGUMENT',
    ],
    [[{ row: 0, tokens: [] }], 'DATA_TOO_SHORT'],
  ])('refuses %j: %s', async (texts, code) => {
    await expect(decoder.next(texts)).rejects.toMatchObject({ code });
  });
});

test('a prompt is read in chunks of 256, and a last one that is a power of two, or the context', () => {
  expect(chunksOf(0, 20, 1024)).toEqual([{ from: 0, to: 20, size: 32 }]);
  expect(chunksOf(100, 620, 1024)).toEqual([
    { from: 100, to: 356, size: 256 },
    { from: 356, to: 612, size: 256 },
    { from: 612, to: 620, size: 8 },
  ]);
  expect(chunksOf(0, 19, 20)).toEqual([{ from: 0, to: 19, size: 20 }]);
});
