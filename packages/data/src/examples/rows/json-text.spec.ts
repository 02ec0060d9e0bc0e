import { contentHash } from '../encoding/content.js';
import { ExampleReader, jsonLines, JsonText } from '../index.js';
import { isExactInJavaScript } from './json-text.js';
import { templateVariables } from '../../chat/template/template-variables.js';

const ARGUMENTS = '{"id": 12345678901234567890, "x": 20.0, "y": 1e20, "10": 1, "9": [2.50, -0.0]}';

async function read(line: string) {
  const reader = new ExampleReader();
  for await (const row of jsonLines([new TextEncoder().encode(line)], { name: 'test' }))
    return reader.read(row).example;
  throw new Error('there is no row');
}

const conversation = (args: string) =>
  `{"tools": [{"limit": ${args}}], "messages": [{"role": "user", "content": "12345678901234567890, 20.0"}, ` +
  `{"role": "assistant", "content": null, "tool_calls": [{"arguments": ${args}}], "n": 1}]}`;

describe('what a chat template is given of a row', () => {
  it('has its numbers and the order of its keys as they are written', async () => {
    const example = await read(conversation(ARGUMENTS));
    expect(example).toMatchObject({
      messages: [
        { content: '12345678901234567890, 20.0' },
        { tool_calls: expect.any(JsonText), content: '', n: 1 },
      ],
      tools: expect.any(JsonText),
    });
    const written = templateVariables({ ...example });
    expect(written).toContain(`"tool_calls":[{"arguments": ${ARGUMENTS}}]`);
    expect(written).toContain(`"tools":[{"limit": ${ARGUMENTS}}]`);
  });

  it('is JavaScript values where these are the same', async () => {
    const example = await read(conversation('{"id": 1, "x": 0.5, "text": "1e20"}'));
    expect(example).toMatchObject({
      messages: [{}, { tool_calls: [{ arguments: { id: 1, x: 0.5, text: '1e20' } }] }],
    });
  });

  it('distinguishes rows that differ in a long number', async () => {
    const [a, b] = await Promise.all(
      ['12345678901234567890', '12345678901234567891'].map((id) => read(conversation(`{"id": ${id}}`))),
    );
    expect(contentHash(a!)).not.toBe(contentHash(b!));
  });
});

test.each([
  ['{"a": [1, -2.5, 1e-7, "20.0", {"b": 9007199254740991}], "01": 1}', true],
  ['[20.0]', false],
  ['[1e20]', false],
  ['[9007199254740993]', false],
  ['[-0]', false],
  ['[1E-7]', false],
  ['{"b": 1, "2": 1}', false],
  ['{"a\\"": 1, "b": "\\\\"}', true],
])('whether JavaScript writes a JSON text again as it was: %s', (text, expected) => {
  expect(isExactInJavaScript(text)).toBe(expected);
});

test('what a program gives is written by the type that Python would give it', () => {
  const big = 2n ** 70n;
  const text = templateVariables({
    a: 20,
    b: 1e21,
    c: big,
    d: 0.1,
    e: undefined,
    f: [undefined],
    g: new JsonText('20.0'),
  });
  expect(text).toBe(`{"a":20,"b":1000000000000000000000,"c":${big},"d":0.1,"f":[null],"g":20.0}`);
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  expect(() => templateVariables(circle)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});
