import { createDecoder, createGenerator } from '@attune/train';
import { tinyServed, type TinyServed } from '../testing/tiny-served.js';
import { createBatcher } from './continuous-batcher.js';
import type { Batcher, GeneratedToken, GenerationRequest } from './contract.js';

let served: TinyServed;
let batcher: Batcher;
const open = (maxWaiting?: number) =>
  createBatcher({
    decoder: () => createDecoder({ ...served, rows: 4 }),
    vocabSize: 13,
    contextLength: 64,
    ...(maxWaiting !== undefined && { maxWaiting }),
  });
beforeAll(async () => void (served = await tinyServed()));
afterAll(() => served.dispose());
beforeEach(() => void (batcher = open()));
afterEach(() => batcher.close());

/** A request, whose parts that do not matter are filled in. */
const request = (parts: Partial<GenerationRequest> = {}): GenerationRequest => ({
  prompt: [1, 2, 3],
  maxNewTokens: 8,
  sampling: { temperature: 0.9 },
  seed: 7,
  endTokens: [],
  signal: new AbortController().signal,
  ...parts,
});

async function read(tokens: AsyncIterable<GeneratedToken>): Promise<number[]> {
  const found: number[] = [];
  for await (const { token } of tokens) found.push(token);
  return found;
}

/** The tokens of a request that is answered alone, by the generator. */
async function alone({ prompt, maxNewTokens, sampling, seed }: GenerationRequest): Promise<number[]> {
  const generator = await createGenerator(served);
  const found: number[] = [];
  for await (const token of generator.generate(prompt, { ...sampling, maxNewTokens, seed }))
    found.push(token);
  generator.dispose();
  return found;
}

test('many requests, more than there are rows, get what each would get alone', async () => {
  const requests = Array.from({ length: 9 }, (_, i) =>
    request({ prompt: Array.from({ length: 1 + i }, (_, t) => (i * t) % 13), seed: i, maxNewTokens: 3 + i }),
  );
  const answers = await Promise.all(requests.map((each) => read(batcher.submit(each))));
  for (const [i, answer] of answers.entries()) expect(answer).toEqual(await alone(requests[i]!));
});

test('an end token is the last', async () => {
  const all = await alone(request());
  expect(await read(batcher.submit(request({ endTokens: [all[3]!] })))).toEqual(
    all.slice(0, all.indexOf(all[3]!) + 1),
  );
});

test('a request that is cancelled frees its row, and its reader learns why', async () => {
  const control = new AbortController();
  const tokens = batcher.submit(request({ signal: control.signal, maxNewTokens: 40 }));
  await tokens.next();
  expect(batcher.running).toBe(1);
  control.abort(new Error('left'));
  expect(batcher.running).toBe(0);
  await expect(tokens.next()).rejects.toThrow('left');
  expect((await tokens.next()).done).toBe(true);
});

test('a full queue refuses at once', async () => {
  const small = open(2);
  const waiting = [small.submit(request()), small.submit(request())];
  expect(() => small.submit(request())).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }));
  await expect(small.exclusive(request().signal, async () => 1)).rejects.toMatchObject({
    code: 'QUEUE_FULL',
  });
  const [first, second] = await Promise.all(waiting.map(read));
  expect(first).toEqual(second);
  await small.close();
});

test.each([
  ['CONTEXT_EXCEEDED', { prompt: Array.from({ length: 64 }, () => 1) }],
  ['DATA_TOO_SHORT', { prompt: [] }],
  ['TOKEN_OUT_OF_RANGE', { prompt: [13] }],
  ['INVALID_CONFIG', { sampling: { temperature: -1 } }],
])('%s is thrown at once', (code, parts) => {
  expect(() => batcher.submit(request(parts))).toThrow(expect.objectContaining({ code }));
});
