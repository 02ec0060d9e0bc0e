import { createServer } from '../http/create-server.js';
import { tinyTextModel, type TinyTextModel } from '../testing/tiny-text-model.js';

let model: TinyTextModel;
beforeAll(async () => void (model = await tinyTextModel()));
afterAll(() => model.dispose());

async function chat(format: unknown, more: object = {}) {
  const response = await createServer({ catalog: () => ({ models: [model] }) }).fetch(
    new Request('http://localhost/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ model: 'tiny', messages: [{ role: 'user', content: 'Hi' }], seed: 1, response_format: format },
        ...more,
      }),
    }),
  );
  return { status: response.status, json: JSON.parse(await response.text()) };
}

const schemaFormat = (schema: unknown) => ({ type: 'json_schema', json_schema: { name: 'x', schema } });
const animal = schemaFormat({
  type: 'object',
  properties: { kind: { enum: ['cat', 'dog'] }, legs: { type: 'integer', minimum: 0, maximum: 4 } },
  required: ['kind', 'legs'],
});

test('answers of a model that says anything are what the schema says', async () => {
  const { status, json } = await chat(animal, { n: 3 });
  expect(status).toBe(200);
  expect(json.choices).toHaveLength(3);
  for (const { message, finish_reason } of json.choices) {
    const { kind, legs } = JSON.parse(message.content);
    expect(['cat', 'dog']).toContain(kind);
    expect([0, 1, 2, 3, 4]).toContain(legs);
    expect(finish_reason).toBe('stop');
  }
});

test('an answer that is cut off says so; one that is complete with its last token does not', async () => {
  const cut = await chat(animal, { max_tokens: 9 });
  expect(cut.json.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '{"kind": ' } });
  const whole = await chat(schemaFormat({ const: { a: 1 } }), { max_tokens: 7 });
  expect(whole.json.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: '{"a":1}' } });
});

test.each([
  [
    'at /properties/a, "not" is not supported',
    schemaFormat({ type: 'object', properties: { a: { not: {} } } }),
  ],
  ['"$ref" must point into the schema itself', schemaFormat({ $ref: 'https://example.org/' })],
])('refuses by name: %s', async (message, format) => {
  const { status, json } = await chat(format);
  expect([status, json.error.param]).toEqual([400, 'response_format']);
  expect(json.error.message).toContain(message);
});
