import { jest } from '@jest/globals';
import { AttuneError, Random } from '@attune/core';
import { createDecoder, createGenerator, type Decoder } from '@attune/train';
import { tinyServed, type TinyServed } from '../testing/tiny-served.js';
import { createBatcher } from './continuous-batcher.js';
import { DecoderPool } from './decoder-pool.js';
import type { Batcher, GeneratedToken, GenerationRequest } from './contract.js';

let served: TinyServed;
let batcher: Batcher;
const decoderOf = (rows: number) => () => createDecoder({ ...served, rows });
const open = ({ maxWaiting = 128, rows = 4, decoder = decoderOf(rows) } = {}) =>
  createBatcher({
    decoder: new DecoderPool(1).lease(decoder),
    ...{ vocabSize: 13, contextLength: 64, maxWaiting },
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

test('it needs nothing that browsers lack', async () => {
  const { setImmediate } = globalThis;
  try {
    Object.assign(globalThis, { setImmediate: undefined });
    expect(await read(batcher.submit(request()))).toEqual(await alone(request()));
  } finally {
    Object.assign(globalThis, { setImmediate });
  }
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

test('one signal cancels many requests, and has one listener', async () => {
  const control = new AbortController();
  const listen = jest.spyOn(control.signal, 'addEventListener');
  const all = Array.from({ length: 12 }, () => batcher.submit(request({ signal: control.signal })));
  const done = Promise.all(all.map((tokens) => expect(read(tokens)).rejects.toThrow('left')));
  control.abort(new Error('left'));
  await done;
  expect(listen).toHaveBeenCalledTimes(1);
  expect([batcher.waiting, batcher.running]).toEqual([0, 0]);
});

test('a full queue refuses at once', async () => {
  const small = open({ maxWaiting: 2 });
  const waiting = [small.submit(request()), small.submit(request())];
  expect(() => small.submit(request())).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }));
  await expect(small.exclusive(request().signal, async () => 1)).rejects.toMatchObject({
    code: 'QUEUE_FULL',
  });
  const [first, second] = await Promise.all(waiting.map(read));
  expect(first).toEqual(second);
  await small.close();
});

test('a request whose constraint throws ends alone', async () => {
  const dispose = jest.fn();
  const constraint = {
    restrict: (logits: Float32Array) => void logits.fill(-Infinity, 0, 12),
    accept: () => {
      throw new Error('no');
    },
    finished: false,
    dispose,
  };
  const good = read(batcher.submit(request()));
  await expect(read(batcher.submit(request({ constraint })))).rejects.toThrow('no');
  expect(await good).toEqual(await alone(request()));
  expect(dispose).toHaveBeenCalledTimes(1);
});

test('a constraint chooses the tokens, and ends the text', async () => {
  let left = 3;
  const constraint = {
    restrict: (logits: Float32Array) => void logits.fill(-Infinity, 0, 12),
    accept: () => void left--,
    get finished() {
      return left === 0;
    },
    dispose: () => undefined,
  };
  const tokens = batcher.submit(request({ constraint, logprobs: 2 }));
  const found: GeneratedToken[] = [];
  for await (const token of tokens) found.push(token);
  expect(found.map(({ token }) => token)).toEqual([12, 12, 12]);
  // They are those of the model, for which the token was one of many.
  expect(found[0]!.logprob).toBeLessThan(found[0]!.top![0]!.logprob);
});

test('a failure of the engine ends all requests, and later ones are refused with it', async () => {
  const broken = open({
    decoder: async () => {
      const decoder = await decoderOf(4)();
      let steps = 0;
      const next: Decoder['next'] = async (texts) => {
        if (++steps === 3) throw new AttuneError('BACKEND_FAILURE', 'The device is gone.');
        return decoder.next(texts);
      };
      return { ...decoder, next };
    },
  });
  const answers = [broken.submit(request()), broken.submit(request())].map(read);
  for (const answer of answers) await expect(answer).rejects.toMatchObject({ code: 'BACKEND_FAILURE' });
  expect(broken.failure).toMatchObject({ code: 'BACKEND_FAILURE' });
  expect(() => broken.submit(request())).toThrow('The device is gone.');
  await broken.close();
});

test('other work has its turn between two steps, and its errors are its own', async () => {
  const { signal } = request();
  const running = read(batcher.submit(request({ maxNewTokens: 30 })));
  expect(await batcher.exclusive(signal, async () => batcher.running)).toBe(1);
  await expect(batcher.exclusive(signal, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  expect(await running).toEqual(await alone(request({ maxNewTokens: 30 })));
});

test('who stops reading leaves', async () => {
  for await (const _ of batcher.submit(request({ maxNewTokens: 50 }))) break;
  expect(batcher.running).toBe(0);
});

test('when it is closed, requests end, and nothing is left on the device', async () => {
  const before = served.backend.memory();
  const own = open();
  const tokens = own.submit(request({ maxNewTokens: 50 }));
  await tokens.next();
  const ended = expect(read(tokens)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await own.close();
  await ended;
  expect(() => own.submit(request())).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
  expect(served.backend.memory()).toEqual(before);
});

test('whatever joins, leaves and stands beside it, an answer is what it is alone', async () => {
  const random = new Random(11);
  const prompts = Array.from({ length: 5 }, () => Array.from({ length: 40 }, () => random.integer(13)));
  const round = Array.from({ length: 24 }, async (_, i) => {
    const control = new AbortController();
    // Many begin alike, so that rows are used again.
    const prompt = prompts[random.integer(5)]!.slice(0, 1 + random.integer(40));
    const own = request({ prompt, seed: i, maxNewTokens: 1 + random.integer(12), signal: control.signal });
    const [delay, leaveAfter] = [random.integer(30), random.integer(3) === 0 ? random.integer(6) : Infinity];
    for (let turn = 0; turn < delay; turn++) await new Promise((resolve) => setImmediate(resolve));
    const found: number[] = [];
    try {
      for await (const { token } of batcher.submit(own)) {
        found.push(token);
        if (found.length > leaveAfter) control.abort(new Error('left'));
      }
    } catch (error) {
      expect(error).toBe(control.signal.reason);
    }
    return { own, found };
  });
  for (const { own, found } of await Promise.all(round)) {
    expect(found).toEqual((await alone(own)).slice(0, found.length));
    if (!own.signal.aborted) expect(found).toHaveLength(own.maxNewTokens);
  }
  expect([batcher.waiting, batcher.running]).toEqual([0, 0]);
});

test.each([
  ['CONTEXT_EXCEEDED', { prompt: Array.from({ length: 64 }, () => 1) }],
  ['DATA_TOO_SHORT', { prompt: [] }],
  ['TOKEN_OUT_OF_RANGE', { prompt: [13] }],
  ['INVALID_CONFIG', { sampling: { temperature: -1 } }],
])('%s is thrown at once', (code, parts) => {
  expect(() => batcher.submit(request(parts))).toThrow(expect.objectContaining({ code }));
});
