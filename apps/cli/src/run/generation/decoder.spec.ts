import { createBackend, hostTensor, type Backend, type HostTensors, type State } from '@attune/core';
import { gpt2 } from '@attune/nn';
import { allocateParameters, createDecoder, createGenerator, type Decoder } from '@attune/train';

const model = gpt2({ vocabSize: 61, blockSize: 48, nLayer: 2, nHead: 4, nEmbd: 32 });

/** Parameters so wide that all of the context matters: initial ones are so small that little but the last token does. */
async function parametersOn(backend: Backend): Promise<State> {
  const state = await allocateParameters(backend, model, { seed: 4 });
  const names = model.parameters.filter(({ shape }) => shape.length > 1).map(({ name }) => name);
  const wide = Object.entries(await state.read(names)).map(([name, { shape, data }]) => [
    name,
    hostTensor(
      'f32',
      shape,
      Float32Array.from(data, (value) => 10 * value),
    ),
  ]);
  await state.write(Object.fromEntries(wide) as HostTensors);
  return state;
}

/** Tokens that look random. */
const tokensOf = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => Math.floor(Math.abs(Math.sin(seed * 31 + i * 7.3)) * 61) % 61);

describe.each(['cpu', 'wasm'])("on attune's engine, %s", (name) => {
  let [backend, state] = [] as unknown as [Backend, State];
  beforeAll(async () => {
    backend = await createBackend(name, { options: { threads: 2 } });
    state = await parametersOn(backend);
  });
  afterAll(async () => {
    state.dispose();
    await backend.dispose();
  });

  async function withDecoder<T>(act: (decoder: Decoder) => Promise<T>): Promise<T> {
    const decoder = await createDecoder({ backend, model, state, rows: 8 });
    try {
      return await act(decoder);
    } finally {
      decoder.dispose();
    }
  }

  /** A row's text after some steps: its prompt, and a token more with each. */
  const textAt = (step: number) => [...tokensOf(21, 1), ...tokensOf(step, 2)];

  test("a row's logits are the same to the bit, whatever the other rows do", async () => {
    const logitsOf = (row: number, busy: (step: number) => number) =>
      withDecoder(async (decoder) => {
        const found: Float32Array[] = [];
        for (let step = 0; step < 8; step++) {
          const others = Array.from({ length: busy(step) }, (_, i) => ({
            row: (row + 1 + i) % 8,
            tokens: tokensOf(1 + ((step * i) % 30), i),
          }));
          const logits = await decoder.next([...others, { row, tokens: textAt(step) }]);
          found.push(logits.at(-1)!);
        }
        return found;
      });
    const alone = await logitsOf(0, () => 0);
    expect(await logitsOf(5, (step) => step)).toEqual(alone);
    expect(await logitsOf(2, (step) => (7 * step) % 5)).toEqual(alone);
  });

  test('with a cache the tokens are those without it, past the context, too', async () => {
    const prompts = [tokensOf(3, 1), tokensOf(30, 2), tokensOf(46, 3)];
    const write = async (cache: boolean) => {
      const generator = await createGenerator({ backend, model, state, rows: 3, cache });
      const texts: number[][] = prompts.map(() => []);
      for await (const { row, token } of generator.generateRows(prompts, { maxNewTokens: 6, temperature: 0 }))
        texts[row]!.push(token);
      generator.dispose();
      return texts;
    };
    expect(await write(true)).toEqual(await write(false));
  });

  test('a conversation goes on as if it were read from its beginning', async () => {
    const generator = await createGenerator({ backend, model, state, reuse: true });
    const plain = await createGenerator({ backend, model, state });
    let turn = tokensOf(9, 4);
    for (let i = 0; i < 3; i++) {
      const [answer, expected]: number[][] = [[], []];
      for await (const token of generator.generate(turn, { maxNewTokens: 5 })) answer!.push(token);
      for await (const token of plain.generate(turn, { maxNewTokens: 5 })) expected!.push(token);
      expect(answer).toEqual(expected);
      turn = [...turn, ...answer!, ...tokensOf(4, 5 + i)];
    }
    generator.dispose();
    plain.dispose();
  });
});
