import { createBackend, Random, type Backend, type State } from '@attune/core';
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
    served = serveModel({ id: 'model', text: undefined as never, backend, model, state }, { rows: 4 });
  });
  afterAll(async () => {
    await served.close();
    state.dispose();
    await backend.dispose();
  });

  const maxNewTokens = 5;
  const sampling = { temperature: 1 };

  async function answer(prompt: readonly number[], seed: number) {
    const { signal } = new AbortController();
    const request = { prompt, maxNewTokens, sampling, seed, logprobs: 1, endTokens: [], signal };
    const found: { token: number; logprob?: number }[] = [];
    for await (const { token, logprob } of served.batcher.submit(request)) found.push({ token, logprob });
    return found;
  }

  test('answers are the same to the bit, whatever a prompt shares with those before it', async () => {
    const [system, other] = [tokensOf(290, 1), tokensOf(120, 2)];
    const prompts = [1, 2, 15, 16, 17, 40, 200, 256, 257, 258, 272, 273, 290].flatMap((count, i) => [
      [...system.slice(0, count), ...tokensOf(1 + 7 * i, i)],
      [...other.slice(0, count), ...tokensOf(30, i)],
    ]);
    const together = await Promise.all(prompts.map(answer));
    const order = prompts.map((_, i) => (7 * i) % prompts.length);
    const again: typeof together = [];
    for (const i of order) again[i] = await answer(prompts[i]!, i);
    expect(again).toEqual(together);
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
