import { createDecoder } from '@attune/train';
import { loadedModel, tinyModels, tokensOf } from '../testing/loaded-model.js';
import { createScorer, type Scorer } from './scorer.js';
import type { LoadedModel } from './window-programs.js';

/** Log-probabilities of the token after some others, from the logits that texts are written with. */
async function written(loaded: LoadedModel, tokens: readonly number[]): Promise<number[]> {
  const decoder = await createDecoder(loaded);
  const [logits] = await decoder.next([{ row: 0, tokens }]);
  decoder.dispose();
  const sum = logits!.reduce((total, logit) => total + Math.exp(logit), 0);
  return Array.from(logits!, (logit) => logit - Math.log(sum));
}

describe.each(['gpt2', 'llama'] as const)('%s', (name) => {
  let [loaded, scorer] = [] as unknown as [Awaited<ReturnType<typeof loadedModel>>, Scorer];
  beforeAll(async () => {
    loaded = await loadedModel(tinyModels[name]());
    scorer = createScorer(loaded);
  });
  afterAll(async () => {
    await scorer.dispose();
    await loaded.dispose();
  });

  test('each token has the log-probability with which it would be written', async () => {
    const text = tokensOf(19, 1);
    const scored = await scorer.score(text, 3);
    expect(scored.map(({ token }) => token)).toEqual(text);
    expect(scored[0]).toEqual({ token: text[0] });
    for (const at of [1, 7, 18]) {
      const expected = await written(loaded, text.slice(0, at));
      const { token, logprob, top } = scored[at]!;
      expect(logprob).toBeCloseTo(expected[token]!, 4);
      const likeliest = expected.map((value, id) => ({ token: id, value })).sort((a, b) => b.value - a.value);
      expect(top!.map((each) => each.token)).toEqual(likeliest.slice(0, 3).map((each) => each.token));
      top!.forEach((each, i) => expect(each.logprob).toBeCloseTo(likeliest[i]!.value, 4));
    }
  });

  test('a token that is the likeliest has its bits', async () => {
    const text = [3];
    for (let i = 0; i < 9; i++) {
      const [likeliest] = (await scorer.score([...text, 0], 1)).at(-1)!.top!;
      text.push(likeliest!.token);
    }
    const scored = await scorer.score(text, 1);
    for (const { logprob, top } of scored.slice(1)) expect(logprob).toBe(top![0]!.logprob);
  });

  test('a text does not depend on what it is filled up with, nor on how much is asked about it', async () => {
    const text = tokensOf(40, 5);
    const whole = await scorer.score(text, 0);
    for (const length of [2, 8, 9, 17]) {
      const part = await scorer.score(text.slice(0, length), 13);
      part.slice(1).forEach(({ logprob }, i) => expect(logprob).toBeCloseTo(whole[i + 1]!.logprob!, 4));
      for (const { top } of part.slice(1)) {
        expect(top!.map(({ token }) => token).sort((a, b) => a - b)).toEqual([...Array(13).keys()]);
        expect(top!.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 4);
      }
    }
  });
});

test('refuses what the model cannot read, and what was given up before it began', async () => {
  const loaded = await loadedModel(tinyModels.gpt2());
  const scorer = createScorer(loaded);
  await expect(scorer.score([], 0)).rejects.toMatchObject({ code: 'DATA_TOO_SHORT' });
  await expect(scorer.score(tokensOf(41, 1), 0)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(scorer.score([1, 13], 0)).rejects.toMatchObject({ code: 'TOKEN_OUT_OF_RANGE' });
  await expect(scorer.score([1, 2], 21)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(scorer.score([1, 2], 0, AbortSignal.abort())).rejects.toThrow(/abort/);
  expect(await scorer.score([7], 5)).toEqual([{ token: 7 }]);
  await scorer.dispose();
  await loaded.dispose();
});

test('what it compiled is given back', async () => {
  const loaded = await loadedModel(tinyModels.gpt2());
  const before = loaded.backend.memory();
  const scorer = createScorer(loaded);
  for (let top = 0; top < 9; top++) await scorer.score(tokensOf(9, top), top);
  await scorer.dispose();
  expect(loaded.backend.memory()).toEqual(before);
  await loaded.dispose();
});
