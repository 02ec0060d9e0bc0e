import { Random } from '@attune/core';
import { connect } from 'node:net';
import { once } from 'node:events';
import { listen } from '../node/listen.js';
import { tinyTextModel, type TinyTextModel } from '../testing/tiny-text-model.js';
import { createServer } from './create-server.js';

/** Requests that mean harm: each gets an error of its own, and the next request is answered. */
let model: TinyTextModel;
const errors: unknown[] = [];
beforeAll(async () => void (model = await tinyTextModel({ rows: 2 })));
afterAll(() => model.dispose());
beforeEach(() => void errors.splice(0));

type Body = string | Uint8Array | ReadableStream;

const LIMIT = 50_000;
const server = createServer({
  catalog: () => ({ models: [model] }),
  limits: { bodyBytes: LIMIT },
  onError: (error) => errors.push(error),
});

async function post(path: string, body: Body, headers: Record<string, string> = {}) {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    duplex: 'half',
  };
  const response = await server.fetch(new Request(`http://localhost${path}`, init as RequestInit));
  const text = await response.text();
  return {
    status: response.status,
    text,
    code: text.startsWith('{') ? JSON.parse(text).error?.code : undefined,
  };
}

const PATHS = ['/v1/completions', '/v1/chat/completions', '/v1/embeddings'] as const;
const good: Readonly<Record<string, Record<string, unknown>>> = {
  '/v1/completions': { model: 'tiny', prompt: 'a', max_tokens: 1 },
  '/v1/chat/completions': { model: 'tiny', messages: [{ role: 'user', content: 'a' }], max_tokens: 1 },
  '/v1/embeddings': { model: 'tiny', input: 'a' },
};

afterEach(async () => {
  expect((await post('/v1/completions', JSON.stringify(good['/v1/completions']))).status).toBe(200);
  expect(errors).toEqual([]);
});

test.each<[string, Body, number, string]>([
  ['nothing', '', 400, 'invalid_json'],
  ['no JSON', '{"model":', 400, 'invalid_json'],
  ['a list', '[]', 400, 'invalid_type'],
  ['null', 'null', 400, 'invalid_type'],
  ['what is no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), 400, 'invalid_json'],
  ['too much', `{"model":"${'x'.repeat(LIMIT)}"}`, 413, 'request_too_large'],
  ['lists in lists', '['.repeat(20_000), 400, 'invalid_json'],
  ['objects in objects', '{"a":'.repeat(5_000), 400, 'invalid_json'],
])('a body of %s', async (_what, body, status, code) => {
  expect(await post('/v1/completions', body)).toMatchObject({ status, code });
});

test('a body that never ends is read no further than allowed', async () => {
  let given = 0;
  const body = new ReadableStream({
    pull(controller) {
      given += 10_000;
      controller.enqueue(new Uint8Array(10_000).fill(0x20));
    },
  });
  expect(await post('/v1/completions', body)).toMatchObject({ status: 413 });
  expect(given).toBeLessThan(2 * LIMIT);
});

test('a body in an encoding that may be a bomb', async () => {
  expect(await post('/v1/completions', '{}', { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
});

test.each<[string, Record<string, unknown>, string]>([
  ['answers without number', { n: 1e9 }, 'invalid_value'],
  ['more texts than there may be', { prompt: Array(20).fill('a'), n: 20 }, 'invalid_value'],
  ['prompts without number', { prompt: Array(10_000).fill('a') }, 'invalid_value'],
  ['stops without number', { stop: Array(5_000).fill('a') }, 'invalid_value'],
  ['a stop without end', { stop: 'a'.repeat(40_000) }, 'invalid_value'],
  ['a prompt without end', { prompt: 'a'.repeat(40_000) }, 'context_length_exceeded'],
  ['tokens without number', { prompt: Array(20_000).fill(1) }, 'context_length_exceeded'],
  ['a token that is none', { prompt: [1e9] }, 'invalid_value'],
  ['a token below zero', { prompt: [-1] }, 'invalid_value'],
  ['a character that is none', { prompt: '😀' }, 'invalid_value'],
  ['tokens to be likelier', { logit_bias: { 1: 100 } }, 'unsupported_parameter'],
  ['a penalty that the sampler lacks', { frequency_penalty: 1 }, 'unsupported_parameter'],
  ['a temperature of nothing known', { temperature: '1' }, 'invalid_value'],
  ['a key that is not there', { temprature: 1 }, 'unknown_parameter'],
  ['a seed that is no whole number', { seed: 0.5 }, 'invalid_value'],
])('%s', async (_what, extra, code) => {
  const body = JSON.stringify({ ...good['/v1/completions'], ...extra });
  expect(await post('/v1/completions', body)).toMatchObject({ status: 400, code });
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'the key %s is one like any other',
  async (key) => {
    const body = JSON.stringify(good['/v1/completions']).replace('{', `{"${key}":{"n":2},`);
    expect(await post('/v1/completions', body)).toMatchObject({ status: 400, code: 'unknown_parameter' });
    const named = JSON.stringify({ ...good['/v1/completions'], model: key });
    expect(await post('/v1/completions', named)).toMatchObject({ status: 404, code: 'model_not_found' });
    expect(({} as { n?: number }).n).toBeUndefined();
  },
);

test('messages without number, with parts without number, and of unknown kinds', async () => {
  const ask = (messages: unknown) =>
    post('/v1/chat/completions', JSON.stringify({ ...good['/v1/chat/completions'], messages }));
  for (const messages of [
    Array(10_000).fill({}),
    [{ role: 'user', content: Array(2_000).fill({}) }],
    [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] }],
    [{ role: 'tool', content: 'a', tool_call_id: 'x' }],
    [{ role: 'user', content: 'a', weight: 2 }],
    [],
  ]) {
    expect(await ask(messages)).toMatchObject({ status: 400, code: 'invalid_value' });
  }
});

test('any value in the place of any other is answered or refused, never a fault', async () => {
  const values = [
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e308,
    '',
    'a',
    [],
    {},
    [[]],
    [null],
    { a: 1 },
    [1, 'a'],
    'a'.repeat(2000),
  ];
  const keys: Readonly<Record<string, readonly string[]>> = {
    '/v1/completions': [
      'model',
      'prompt',
      'n',
      'seed',
      'stop',
      'stream',
      'stream_options',
      'temperature',
      'top_p',
      'top_k',
      'min_p',
      'repetition_penalty',
      'max_tokens',
      'echo',
      'logprobs',
      'best_of',
      'suffix',
      'logit_bias',
      'user',
    ],
    '/v1/chat/completions': [
      'model',
      'messages',
      'n',
      'stop',
      'logprobs',
      'top_logprobs',
      'max_completion_tokens',
      'response_format',
      'tools',
      'tool_choice',
      'modalities',
      'chat_template_kwargs',
    ],
    '/v1/embeddings': ['model', 'input', 'encoding_format', 'dimensions'],
  };
  const random = new Random(5);
  for (let round = 0; round < 150; round++) {
    const path = PATHS[random.integer(3)]!;
    const body = { ...good[path] };
    for (let i = 0; i <= random.integer(2); i++) {
      body[keys[path]![random.integer(keys[path]!.length)]!] = values[random.integer(values.length)];
    }
    const { status, text } = await post(path, JSON.stringify(body));
    expect([200, 400, 404]).toContain(status);
    expect(text).not.toMatch(/\n {4}at |node_modules|\/src\//);
  }
});

test('a body that trickles in is cut off', async () => {
  const listening = await listen(server, { headersTimeout: 60, requestTimeout: 80 });
  const socket = connect(listening.port, '127.0.0.1');
  let text = '';
  socket.on('data', (part: Buffer) => (text += part.toString())).on('error', () => undefined);
  socket.write(
    'POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  );
  await once(socket, 'close');
  expect(text).toMatch(/^(HTTP\/1.1 408|$)/);
  await listening.close({ within: 0 });
});
