import OpenAI from 'openai';
import { createServer } from '../http/create-server.js';
import type { RequestRecord } from '../http/options.js';
import { tinyTextModel, type TinyTextModel } from '../testing/tiny-text-model.js';
import { listen, type Listening } from './listen.js';

/** OpenAI's own client, on a port. */
const KEY = 'a-key-of-the-tests-alone';
let model: TinyTextModel;
let server: Listening;
let client: OpenAI;
const records: RequestRecord[] = [];

const start = (port = 0) =>
  listen(
    createServer({
      catalog: () => ({ models: [model] }),
      keys: [KEY],
      onRequest: (record) => records.push(record),
    }),
    { port },
  );
const clientOf = ({ url }: Listening, apiKey = KEY) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });

beforeAll(async () => {
  model = await tinyTextModel({ rows: 2, maxWaiting: 2 });
  server = await start();
  client = clientOf(server);
});
afterAll(async () => {
  await server.close({ within: 0 });
  await model.dispose();
});
beforeEach(() => void records.splice(0));

const messages = [{ role: 'user', content: 'Hi' }] as const;
const ask = { model: 'tiny', messages: [...messages], max_tokens: 8, seed: 1 };

test('models, completions, chat and vectors, whole', async () => {
  const names: string[] = [];
  for await (const { id } of client.models.list()) names.push(id);
  expect(names).toEqual(['tiny']);
  expect((await client.models.retrieve('tiny')).owned_by).toBe('attune');
  const completion = await client.completions.create({
    model: 'tiny',
    prompt: 'the',
    max_tokens: 4,
    logprobs: 1,
  });
  expect(completion.choices[0]!.logprobs!.tokens).toHaveLength(4);
  const answer = await client.chat.completions.create({ ...ask, user: 'me', store: false, metadata: {} });
  expect(answer.choices[0]!.message.content).toHaveLength(8);
  // The client asks for base64, and decodes it.
  const { data } = await client.embeddings.create({ model: 'tiny', input: ['one', 'two'] });
  expect(data).toHaveLength(2);
  expect(Math.hypot(...data[0]!.embedding)).toBeCloseTo(1, 5);
});

test('a stream is the whole, and its usage comes last', async () => {
  const whole = await client.chat.completions.create(ask);
  let text = '';
  let tokens: number | undefined;
  const stream = await client.chat.completions.create({
    ...ask,
    stream: true,
    stream_options: { include_usage: true },
  });
  for await (const { choices, usage } of stream) {
    text += choices[0]?.delta.content ?? '';
    tokens = usage?.completion_tokens;
  }
  expect(text).toBe(whole.choices[0]!.message.content);
  expect(tokens).toBe(8);
  const runner = client.chat.completions.stream(ask);
  expect(await runner.finalContent()).toBe(text);
});

test('tools are refused by name', async () => {
  const tools = [{ type: 'function', function: { name: 'weather', parameters: {} } }] as const;
  const error = await client.chat.completions
    .create({ ...ask, tools: [...tools] })
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(OpenAI.BadRequestError);
  expect(error).toMatchObject({ param: 'tools', code: 'unsupported_parameter' });
});

test('errors are the client’s own', async () => {
  const errorOf = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (caught: unknown) => caught,
    );
  const long = client.completions.create({ model: 'tiny', prompt: 'a'.repeat(128) });
  expect(await errorOf(long)).toMatchObject({ status: 400, code: 'context_length_exceeded' });
  expect(await errorOf(client.chat.completions.create({ ...ask, model: 'other' }))).toBeInstanceOf(
    OpenAI.NotFoundError,
  );
  expect(await errorOf(clientOf(server, 'wrong').models.list())).toBeInstanceOf(OpenAI.AuthenticationError);
  const many = client.completions.create({ model: 'tiny', prompt: 'a', n: 3 });
  const error = (await errorOf(many)) as InstanceType<typeof OpenAI.RateLimitError>;
  expect(error).toBeInstanceOf(OpenAI.RateLimitError);
  expect(error.headers.get('retry-after')).toBe('1');
});

test('a client that breaks off frees its row', async () => {
  const stream = await client.completions.create({
    model: 'tiny',
    prompt: 'the',
    max_tokens: 120,
    stream: true,
  });
  for await (const _ of stream) break;
  while (records.length === 0) await new Promise(setImmediate);
  expect(records).toMatchObject([{ status: 499 }]);
  expect(model.batcher.running).toBe(0);
});

test('stopped in the middle of an answer and started again, it answers at once', async () => {
  const stream = await client.completions.create({
    model: 'tiny',
    prompt: 'the',
    max_tokens: 120,
    stream: true,
  });
  const tokens = stream[Symbol.asyncIterator]();
  await tokens.next();
  await server.close({ within: 0 });
  await expect(
    (async () => {
      while (!(await tokens.next()).done);
    })(),
  ).rejects.toThrow();
  const { port } = server;
  server = await start(port);
  expect((await client.chat.completions.create(ask)).choices[0]!.message.content).toHaveLength(8);
});
