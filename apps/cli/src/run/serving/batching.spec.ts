import { createBackend, hostTensor, Random, type Backend, type HostTensors, type State } from '@attune/core';
import { gpt2 } from '@attune/nn';
import { serveModel, type ServedModel } from '@attune/serve';
import { allocateParameters, createGenerator } from '@attune/train';

const model = gpt2({ vocabSize: 61, blockSize: 640, nLayer: 2, nHead: 4, nEmbd: 32 });

/** Tokens that look random. */
const tokensOf = (count: number, seed: number) => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.integer(61));
};

describe("on attune's engine", () => {
  let [backend, state, served] = [] as unknown as [Backend, State, ServedModel];
  beforeAll(async () => {
    backend = await createBackend('cpu', { options: { threads: 2 } });
    state = await allocateParameters(backend, model, { seed: 4 });
    // Initial parameters are so small that little but the last token matters.
    const wide = Object.entries(await state.read()).map(([name, { shape, data }]) => [
      name,
      hostTensor(
        'f32',
        shape,
        Float32Array.from(data, (value) => (shape.length > 1 ? 10 : 1) * value),
      ),
    ]);
    await state.write(Object.fromEntries(wide) as HostTensors);
    served = serve(4);
  });
  afterAll(async () => {
    await served.close();
    state.dispose();
    await backend.dispose();
  });

  const serve = (rows: number) =>
    serveModel({ id: 'model', text: undefined as never, backend, model, state }, { rows });
  const maxNewTokens = 5;
  const sampling = { temperature: 1 };

  async function answer(prompt: readonly number[], seed: number, by = served) {
    const { signal } = new AbortController();
    const request = { prompt, maxNewTokens, sampling, seed, logprobs: 1, endTokens: [], signal };
    const found: { token: number; logprob?: number }[] = [];
    for await (const { token, logprob } of by.batcher.submit(request)) found.push({ token, logprob });
    return found;
  }

  test('answers are the same to the bit, whatever a prompt shares with those before it', async () => {
    const [system, other] = [tokensOf(290, 1), tokensOf(120, 2)];
    const prompts = [1, 2, 15, 16, 17, 40, 200, 256, 257, 258, 272, 273, 290].flatMap((count, i) => [
      [...system.slice(0, count), ...tokensOf(1 + 7 * i, i)],
      [...other.slice(0, count), ...tokensOf(30, i)],
    ]);
    const together = await Promise.all(prompts.map((prompt, i) => answer(prompt, i)));
    for (let i = 0; i < prompts.length; i++) {
      const at = (7 * i) % prompts.length;
      expect(await answer(prompts[at]!, at)).toEqual(together[at]);
    }
    for (const [i, prompt] of prompts.entries()) {
      const alone = serve(1);
      expect(await answer(prompt, i, alone)).toEqual(together[i]);
      await alone.close();
    }
    const generator = await createGenerator({ backend, model, state });
    for (const [i, prompt] of prompts.entries()) {
      const alone: number[] = [];
      for await (const token of generator.generate(prompt, { ...sampling, maxNewTokens, seed: i }))
        alone.push(token);
      expect(together[i]!.map(({ token }) => token)).toEqual(alone);
    }
    generator.dispose();
  });
});
