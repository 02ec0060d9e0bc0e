import { jsonLines, type JsonLinesOptions, type JsonRow } from './json-lines.js';

const encoder = new TextEncoder();

async function read(
  text: string | Uint8Array,
  options: Partial<JsonLinesOptions> & { readonly chunk?: number } = {},
): Promise<JsonRow[]> {
  const { chunk = 7, ...rest } = options;
  const bytes = typeof text === 'string' ? encoder.encode(text) : text;
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, i) =>
    bytes.subarray(i * chunk, (i + 1) * chunk),
  );
  const rows: JsonRow[] = [];
  for await (const row of jsonLines(chunks, { name: 'rows.jsonl', ...rest })) rows.push(row);
  return rows;
}

describe('jsonLines', () => {
  it('reads one object a line, however the file is cut', async () => {
    const text = '{"a": "größe"}\n{"a": "🦊"}\n{"a": 3}';
    const expected = [{ a: 'größe' }, { a: '🦊' }, { a: 3 }];
    for (const chunk of [1, 2, 3, 5, 100]) {
      expect((await read(text, { chunk })).map(({ value }) => value)).toEqual(expected);
    }
  });

  it('passes over a byte order mark, CRLF and blank lines, and counts the lines as an editor does', async () => {
    const rows = await read('\ufeff{"a": 1}\r\n\r\n   \n{"a": 2}\r\n');
    expect(rows).toEqual([
      { file: 'rows.jsonl', line: 1, value: { a: 1 } },
      { file: 'rows.jsonl', line: 4, value: { a: 2 } },
    ]);
    expect(await read('')).toEqual([]);
    expect(await read('\n\n')).toEqual([]);
  });

  it('names file, line and column of what is not JSON', async () => {
    await expect(read('{"a": 1}\n{"a": 1,}\n')).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('rows.jsonl, line 2: not valid JSON: an unexpected "}" at column 9.'),
      data: { file: 'rows.jsonl', line: 2, column: 9 },
    });
    await expect(read('{"a": "x')).rejects.toThrow('the end of the line at column 9');
  });

  it('says how a list of rows, or a row over several lines, becomes JSONL', async () => {
    await expect(read('[\n{"a": 1}\n]\n')).rejects.toThrow('jq -c ".[]" rows.jsonl > rows.rows.jsonl');
    await expect(read('{\n"a": 1\n}\n')).rejects.toThrow('jq -c . rows.jsonl > rows.rows.jsonl');
    await expect(read('[{"a": 1}]', { name: 'alpaca.json' })).rejects.toThrow('alpaca.json > alpaca.jsonl');
    const long = `[{"a": "${'x'.repeat(100)}"}]`;
    await expect(read(long, { maxLineBytes: 50 })).rejects.toThrow('jq -c ".[]"');
    // A comma too many is one, whatever line it is in.
    await expect(read('{"a": 1,}')).rejects.not.toThrow('jq');
    await expect(read('[{"a": 1}]')).rejects.toMatchObject({
      code: 'INVALID_EXAMPLE',
      message: expect.stringContaining('expected a JSON object, but the line holds a list'),
    });
    await expect(read('null')).rejects.toThrow('holds null');
    await expect(read('"a"')).rejects.toThrow('holds a string');
  });

  it.each([
    ['{"text": "a", "text": "b"}', 'text'],
    ['{"text": "a", "t\\u0065xt": "b"}', 'text'],
    ['{"prompt": "a", "completion": "b", "prompt": "c"}', 'prompt'],
    ['{"text": "a", "label": 0, "label": 1}', 'label'],
    ['{"messages": [{"role": "user", "content": "a", "role": "system"}]}', 'role'],
    ['{"messages": [], "tools": [{"function": {"name": "a", "name": "b"}}]}', 'name'],
    ['{"text": "a", "notRead": [{"__proto__": 1, "__proto__": 2}]}', '__proto__'],
  ])('refuses an object with a key twice: %s', async (row, key) => {
    await expect(read(`{"text": "\\"a\\": \\"a\\": "}\n${row}\n`)).rejects.toMatchObject({
      code: 'INVALID_EXAMPLE',
      message: expect.stringContaining(`rows.jsonl, line 2: the key "${key}" is there twice in one object.`),
      data: { file: 'rows.jsonl', line: 2, key },
    });
  });

  it('names the byte that is not UTF-8', async () => {
    const bytes = Uint8Array.from([...encoder.encode('{"a": 1}\n{"a": "'), 0xe9, 0x22, 0x7d]);
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('line 2: not UTF-8: byte 8 of the line is 0xe9'),
    });
    const utf16 = Uint8Array.from([0xff, 0xfe, 0x7b, 0, 0x7d, 0]);
    expect(await read(utf16)).toEqual([{ file: 'rows.jsonl', line: 1, value: {} }]);
  });

  it('stops at a line that is too long as soon as it is, without the rest of it', async () => {
    let taken = 0;
    function* endless() {
      yield encoder.encode('{"a": 1}\n');
      for (; taken < 1000; taken++) yield new Uint8Array(1000).fill(0x61);
    }
    const rows: JsonRow[] = [];
    const reading = (async () => {
      for await (const row of jsonLines(endless(), { name: 'long.jsonl', maxLineBytes: 10_000 }))
        rows.push(row);
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('long.jsonl, line 2: the line has more than 10000 bytes.'),
    });
    expect(rows).toHaveLength(1);
    expect(taken).toBeLessThan(12);
  });

  it('refuses what is nested without end, before it takes memory', async () => {
    const nested = (depth: number) => `{"a": ${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(await read(nested(400), { chunk: 1000 })).toHaveLength(1);
    for (const text of [nested(2000), nested(2_000_000), '['.repeat(4_000_000), '{"a":'.repeat(1_000_000)]) {
      await expect(read(text, { chunk: 2 ** 20 })).rejects.toMatchObject({
        code: 'FILE_CORRUPT',
        message: expect.stringContaining('rows.jsonl, line 1: not readable as JSON: it is nested'),
      });
    }
  });
});
