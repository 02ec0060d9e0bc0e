import { tinyTextModel, type TinyTextModel } from '../testing/tiny-text-model.js';
import { createServer } from './create-server.js';
import type { RequestRecord, ServerOptions } from './options.js';

let model: TinyTextModel;
beforeAll(async () => void (model = await tinyTextModel({ rows: 2, maxWaiting: 4 })));
afterAll(() => model.dispose());

function serverOf(options: Partial<ServerOptions> = {}) {
  const server = createServer({ catalog: () => ({ models: [model] }), ...options });
  return {
    request: async (path: string, init?: RequestInit) =>
      server.fetch(new Request(`http://localhost${path}`, init)),
  };
}

/** Sends a request. Bodies that are no text are sent as JSON. */
async function post(
  path: string,
  body: unknown,
  { server = serverOf(), headers = {}, signal = null as AbortSignal | null } = {},
) {
  const response = await server.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal,
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json')
    ? JSON.parse(text)
    : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

const complete = (body: object, options?: Parameters<typeof post>[2]) =>
  post('/v1/completions', { model: 'tiny', prompt: 'the', max_tokens: 6, seed: 1, ...body }, options);
const chat = (body: object = {}, options?: Parameters<typeof post>[2]) =>
  post(
    '/v1/chat/completions',
    { model: 'tiny', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 6, seed: 1, ...body },
    options,
  );

/** The data of server-sent events. */
const eventsOf = (text: string) => [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => data!);

describe('completions', () => {
  test('a prompt is continued, the same for the same seed', async () => {
    const first = await complete({});
    expect(first.status).toBe(200);
    expect(first.json).toMatchObject({
      ...{ object: 'text_completion', model: 'tiny' },
      choices: [{ index: 0, text: expect.any(String), logprobs: null, finish_reason: 'length' }],
      usage: { prompt_tokens: 3, completion_tokens: 6, total_tokens: 9 },
    });
    const [{ text }] = first.json.choices;
    expect(text).toHaveLength(6);
    expect((await complete({})).json.choices[0].text).toBe(text);
    expect((await complete({ seed: 2 })).json.choices[0].text).not.toBe(text);
    expect((await complete({ prompt: [85, 73, 70] })).json.choices[0].text).toBe(text);
  });

  test('several prompts, several answers each, are numbered prompt by prompt', async () => {
    const { json } = await complete({ prompt: ['a', 'b'], n: 2 });
    expect(json.choices.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2, 3]);
    expect(json.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 24 });
    const alone = await complete({ prompt: 'b', n: 1, seed: 3 });
    expect(json.choices[2].text).toBe(alone.json.choices[0].text);
  });

  test('a text ends before its stop', async () => {
    const { text } = (await complete({})).json.choices[0];
    const { json } = await complete({ stop: ['no such text', text[3]] });
    const end = text.indexOf(text[3]);
    expect(json.choices[0]).toMatchObject({ text: text.slice(0, end), finish_reason: 'stop' });
    expect(json.usage.completion_tokens).toBe(end + 1);
  });

  test('echo repeats the prompt, and logprobs report it without generating', async () => {
    const { json } = await complete({ echo: true, logprobs: 2, max_tokens: 0 });
    const [{ text, logprobs, finish_reason }] = json.choices;
    expect({ text, finish_reason }).toEqual({ text: 'the', finish_reason: 'length' });
    expect(logprobs.tokens).toEqual(['t', 'h', 'e']);
    expect(logprobs.text_offset).toEqual([0, 1, 2]);
    expect(logprobs.token_logprobs).toEqual([null, expect.any(Number), expect.any(Number)]);
    expect(logprobs.top_logprobs[0]).toBeNull();
    expect(Object.keys(logprobs.top_logprobs[1])).toHaveLength(2);
  });

  test('scores of a text do not depend on whether it was read or drawn', async () => {
    const drawn = (await complete({ echo: true, logprobs: 1, temperature: 0 })).json.choices[0];
    const read = (await complete({ prompt: drawn.text, echo: true, logprobs: 1, max_tokens: 0 })).json
      .choices[0];
    expect(read.logprobs.tokens).toEqual(drawn.logprobs.tokens);
    for (const [i, value] of read.logprobs.token_logprobs.entries()) {
      if (i > 0) expect(value).toBeCloseTo(drawn.logprobs.token_logprobs[i], 4);
    }
  });

  test('events come piece by piece, are the whole together, and end with the usage', async () => {
    const whole = await complete({ n: 2, logprobs: 1 });
    const { headers, text } = await complete({
      n: 2,
      logprobs: 1,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events = eventsOf(text);
    expect(events.at(-1)).toBe('[DONE]');
    const chunks = events.slice(0, -1).map((data) => JSON.parse(data));
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.json.usage });
    expect(chunks[0].usage).toBeNull();
    for (const { index, text: expected, logprobs } of whole.json.choices) {
      const own = chunks.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
      expect(own.length).toBeGreaterThan(3);
      expect(own.map((choice) => choice.text).join('')).toBe(expected);
      expect(own.flatMap((choice) => choice.logprobs?.token_logprobs ?? [])).toEqual(logprobs.token_logprobs);
      expect(own.map((choice) => choice.finish_reason).filter(Boolean)).toEqual(['length']);
    }
  });
});

describe('chat completions', () => {
  test('a conversation is answered, as the template writes it', async () => {
    const { json } = await chat();
    expect(json).toMatchObject({
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', refusal: null }, finish_reason: 'length' }],
      usage: { prompt_tokens: 'user: Hi\nassistant:'.length, completion_tokens: 6 },
    });
    const plain = await complete({ prompt: 'user: Hi\nassistant:' });
    expect(json.choices[0].message.content).toBe(plain.json.choices[0].text);
    const parts = [
      { type: 'text', text: 'H' },
      { type: 'text', text: 'i' },
    ];
    const same = await chat({ messages: [{ role: 'user', content: parts }] });
    expect(same.json.choices).toEqual(json.choices);
  });

  test('without a limit, an answer ends with the context', async () => {
    const { json } = await chat({ max_tokens: undefined });
    expect(json.usage.total_tokens).toBe(128);
    expect(json.choices[0].finish_reason).toBe('length');
  });

  test('tokens are reported with their bytes', async () => {
    const { json } = await chat({ logprobs: true, top_logprobs: 1, temperature: 0 });
    const [{ message, logprobs }] = json.choices;
    expect(logprobs.content.map(({ token }: { token: string }) => token).join('')).toBe(message.content);
    const [{ token, logprob, bytes, top_logprobs }] = logprobs.content;
    expect(bytes).toEqual([token.charCodeAt(0)]);
    expect(top_logprobs).toEqual([{ token, logprob, bytes }]);
  });

  test('the first chunk says who speaks, the last one how it ended', async () => {
    const { text } = await chat({ stream: true });
    const chunks = eventsOf(text)
      .slice(0, -1)
      .map((data) => JSON.parse(data).choices[0]);
    expect(chunks[0].delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.at(-1)).toMatchObject({ delta: {}, finish_reason: 'length' });
    expect(chunks.map(({ delta }) => delta.content ?? '').join('')).toBe(
      (await chat()).json.choices[0].message.content,
    );
  });

  test('what the template refuses is told in its words, without the path of the template', async () => {
    const { status, text, json } = await chat({ messages: [{ role: 'system', content: 'Be brief' }] });
    expect(status).toBe(400);
    expect(json.error).toMatchObject({
      param: 'messages',
      message: expect.stringContaining('no system turn'),
    });
    expect(text).not.toContain('secret');
  });
});

test('models are listed, and found by name', async () => {
  const server = serverOf();
  const list = (await (await server.request('/v1/models')).json()) as { data: unknown[] };
  expect(list).toEqual({
    object: 'list',
    data: [{ id: 'tiny', object: 'model', created: expect.any(Number), owned_by: 'attune' }],
  });
  expect(await (await server.request('/v1/models/tiny')).json()).toEqual(list.data[0]);
  expect((await server.request('/v1/models/org/other')).status).toBe(404);
  const { status, json } = await complete({ model: 'tinny' });
  expect({ status, ...json.error }).toMatchObject({
    status: 404,
    code: 'model_not_found',
    param: 'model',
    message: expect.stringContaining('"tiny"'),
  });
});

test('vectors of texts are of length 1, also as base64', async () => {
  const embed = (body: object) => post('/v1/embeddings', { model: 'tiny', ...body });
  const { json } = await embed({ input: ['one', 'two'] });
  expect(json).toMatchObject({ object: 'list', usage: { prompt_tokens: 6, total_tokens: 6 } });
  for (const { embedding } of json.data) expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
  const encoded = await embed({ input: 'one', encoding_format: 'base64' });
  const bytes = Buffer.from(encoded.json.data[0].embedding, 'base64');
  expect(bytes.readFloatLE(0)).toBeCloseTo(json.data[0].embedding[0], 6);
});

describe('health', () => {
  const healthOf = async (options: Partial<ServerOptions>) => {
    const response = await serverOf({ keys: ['k'.repeat(16)], ...options }).request('/health');
    return [response.status, await response.json()];
  };

  test('says whether requests can be answered, to anyone', async () => {
    const broken = { ...model, batcher: { ...model.batcher, failure: new Error('secret') } };
    expect(await healthOf({})).toEqual([200, { status: 'ok' }]);
    expect(await healthOf({ catalog: () => ({ models: [], loading: true }) })).toEqual([
      503,
      { status: 'loading' },
    ]);
    expect(await healthOf({ catalog: () => ({ models: [broken] }) })).toEqual([503, { status: 'broken' }]);
  });

  test('who asks before the model is there is told to come back', async () => {
    const server = serverOf({ catalog: () => ({ models: [], loading: true }) });
    const { status, headers, json } = await complete({}, { server });
    expect({ status, code: json.error.code, retry: headers.get('retry-after') }).toEqual({
      status: 503,
      code: 'model_loading',
      retry: '1',
    });
  });
});

describe('who may ask', () => {
  const server = serverOf({ keys: ['first-key-of-some-length', 'other-key-of-some-length'] });
  const ask = (authorization?: string) =>
    server.request('/v1/models', { headers: authorization ? { authorization } : {} });

  test.each(['first-key-of-some-length', 'other-key-of-some-length'])('who shows a key: %s', async (key) => {
    expect((await ask(`Bearer ${key}`)).status).toBe(200);
  });

  test.each([
    undefined,
    'Bearer wrong',
    'Basic first-key-of-some-length',
    'Bearer first-key-of-some-length x',
    'Bearer ',
  ])('nobody else: %s', async (authorization) => {
    const response = await ask(authorization);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({
      error: { type: 'authentication_error', code: 'invalid_api_key' },
    });
  });

  test('web pages of the origins that are listed, and of no others', async () => {
    const preflight = (origin: string, origins: string[]) =>
      serverOf({ origins, keys: ['k'.repeat(16)] }).request('/v1/completions', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const allowed = async (...args: Parameters<typeof preflight>) =>
      (await preflight(...args)).headers.get('access-control-allow-origin');
    expect(await allowed('https://mine.example', ['https://mine.example'])).toBe('https://mine.example');
    expect(await allowed('https://evil.example', ['https://mine.example'])).toBeNull();
    expect(await allowed('https://mine.example', [])).toBeNull();
  });

  test('no page of a stranger’s by a form, which needs no permission', async () => {
    const { status, json } = await complete({}, { headers: { 'content-type': 'text/plain' } });
    expect({ status, code: json.error.code }).toEqual({ status: 415, code: 'unsupported_media_type' });
  });
});

describe('a request that does not get its answer', () => {
  test('finds the queue full, and is told when to come back', async () => {
    const { status, headers, json } = await complete({ n: 5 });
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('1');
    expect(json.error).toMatchObject({ type: 'rate_limit_error', code: 'queue_full' });
    expect(model.batcher.waiting).toBe(0);
  });

  test.each([false, true])('frees its row when the client leaves (stream: %s)', async (stream) => {
    const leaving = new AbortController();
    const records: RequestRecord[] = [];
    const server = serverOf({ onRequest: (record) => records.push(record) });
    const asked = complete({ max_tokens: 100, stream }, { server, signal: leaving.signal });
    while (model.batcher.running === 0) await new Promise(setImmediate);
    leaving.abort();
    expect(model.batcher.running).toBe(0);
    await asked;
    expect(records).toMatchObject([
      { status: 499, method: 'POST', path: '/v1/completions', promptTokens: 3 },
    ]);
  });

  test('takes too long', async () => {
    const { status, json } = await complete(
      { max_tokens: 100 },
      { server: serverOf({ limits: { answerMs: 1 } }) },
    );
    expect({ status, code: json.error.code }).toEqual({ status: 504, code: 'time_limit' });
    expect(model.batcher.running).toBe(0);
  });

  test('takes too long in the middle of its events', async () => {
    const { status, text } = await complete(
      { max_tokens: 120, stream: true },
      { server: serverOf({ limits: { answerMs: 30 } }) },
    );
    if (status === 200)
      expect(JSON.parse(eventsOf(text).at(-1)!)).toMatchObject({ error: { code: 'time_limit' } });
    else expect(status).toBe(504);
    expect(text).not.toContain('[DONE]');
  });

  test('meets a fault of the server, of which only the log knows more than an id', async () => {
    const errors: [unknown, string][] = [];
    const server = serverOf({
      catalog: () => ({
        models: [{ ...model, embed: () => Promise.reject(new Error('secret in /home/me')) }],
      }),
      onError: (error, id) => errors.push([error, id]),
    });
    const { status, headers, text, json } = await post(
      '/v1/embeddings',
      { model: 'tiny', input: 'a' },
      { server },
    );
    expect(status).toBe(500);
    expect(text).not.toMatch(/secret|home/);
    expect(errors).toEqual([[new Error('secret in /home/me'), headers.get('x-request-id')]]);
    expect(json.error.message).toContain(errors[0]![1]);
  });
});

test('nothing is kept by caches, and every answer has an id', async () => {
  for (const response of [await complete({}), await complete({ stream: true }), await complete({ n: 0 })]) {
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-request-id')).toMatch(/^req_[\da-f]{32}$/);
  }
});

test('a log line says what was counted, and nothing that was said', async () => {
  const records: RequestRecord[] = [];
  const server = serverOf({ onRequest: (record) => records.push(record) });
  await complete({ prompt: 'secret' }, { server });
  await complete({ prompt: 'secret', stream: true }, { server });
  await server.request('/nowhere?secret=1');
  expect(records).toMatchObject([
    { method: 'POST', path: '/v1/completions', status: 200, promptTokens: 6, completionTokens: 6 },
    { method: 'POST', path: '/v1/completions', status: 200, promptTokens: 6, completionTokens: 6 },
    { method: 'GET', path: '/nowhere', status: 404, promptTokens: 0, completionTokens: 0 },
  ]);
  expect(JSON.stringify(records)).not.toContain('secret');
});
