import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAttuneError, Random } from '@attune/core';
import { ExampleReader, type ExampleRow } from '../../examples/index.js';
import { findExampleFiles, readExampleFile } from './index.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-examples-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(path: string): Promise<ExampleRow[]> {
  const rows: ExampleRow[] = [];
  for await (const row of readExampleFile(path, new ExampleReader())) rows.push(row);
  return rows;
}

describe('findExampleFiles', () => {
  it('takes a file to train on', async () => {
    await writeFile(at('any.jsonl'), '');
    expect(await findExampleFiles(at('any.jsonl'))).toEqual({ train: at('any.jsonl') });
  });

  it.each(['valid', 'validation', 'val'])('takes a folder, with %s.jsonl to validate', async (name) => {
    await writeFile(at('train.jsonl'), '');
    expect(await findExampleFiles(folder)).toEqual({ train: at('train.jsonl') });
    await writeFile(at(`${name}.jsonl`), '');
    await writeFile(at('test.jsonl'), '');
    expect(await findExampleFiles(folder)).toEqual({
      train: at('train.jsonl'),
      validation: at(`${name}.jsonl`),
      test: at('test.jsonl'),
    });
  });

  it('takes files that gzip has packed', async () => {
    for (const name of ['train.jsonl.gz', 'val.jsonl.gz']) await writeFile(at(name), '');
    expect(await findExampleFiles(folder)).toEqual({
      train: at('train.jsonl.gz'),
      validation: at('val.jsonl.gz'),
    });
    await writeFile(at('train.jsonl'), '');
    await expect(findExampleFiles(folder)).rejects.toThrow('has both train.jsonl and train.jsonl.gz');
  });

  it('says what is missing, and what there is too much of', async () => {
    await expect(findExampleFiles(at('none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await writeFile(at('a.parquet'), '');
    await writeFile(at('rows.jsonl'), '');
    await expect(findExampleFiles(folder)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('has no train.jsonl: it has rows.jsonl, a.parquet'),
    });
    for (const name of ['train', 'val', 'valid']) await writeFile(at(`${name}.jsonl`), '');
    await expect(findExampleFiles(folder)).rejects.toThrow('has both valid.jsonl and val.jsonl');
  });
});

describe('readExampleFile', () => {
  it('reads a file longer than a chunk', async () => {
    const texts = Array.from({ length: 3000 }, (_, i) => `Text number ${i}, größer als nötig.`);
    await writeFile(at('a.jsonl'), texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
    const rows = await read(at('a.jsonl'));
    expect(rows.map(({ example }) => (example.kind === 'text' ? example.text : ''))).toEqual(texts);
    expect(rows.at(-1)).toMatchObject({ file: at('a.jsonl'), line: 3000 });
  });

  it('says that there is no file, or no row in it', async () => {
    await expect(read(at('none.jsonl'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(read(folder)).rejects.toMatchObject({ code: 'FILE_READ' });
    for (const nothing of ['', '\n \n']) {
      await writeFile(at('empty.jsonl'), nothing);
      await expect(read(at('empty.jsonl'))).rejects.toMatchObject({ code: 'FILE_EMPTY' });
    }
  });

  it('does not load a line of gigabytes', async () => {
    // Its first bytes are a good row's: a file that begins with zeros is refused before.
    await writeFile(at('long.jsonl'), `{"text": "${'a'.repeat(5000)}"}\n`);
    // A sparse file: zeros without end.
    await truncate(at('long.jsonl'), 2 ** 33);
    const before = process.memoryUsage().arrayBuffers;
    await expect(read(at('long.jsonl'))).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('long.jsonl, line 2: the line has more than 16777216 bytes.'),
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
  });
});

describe('hostile files', () => {
  const EXPECTED = [
    'FILE_CORRUPT',
    'FILE_EMPTY',
    'UNKNOWN_FORMAT',
    'INVALID_EXAMPLE',
    'UNSUPPORTED_FILE',
  ] as const;
  const VALUES: readonly string[] = [
    'null', 'true', '""', '"x"', '-1', '1e999', '123456789012345678901234567890', '[]', '{}', '[[]]', '"\\ud800"',
    '{"role": "user", "content": "x"}', '[{"role": "user", "content": "x"}]', '[{"role": "__proto__", "content": "x"}]',
    '[{"from": "constructor", "value": "x"}]', '{"__proto__": {"polluted": 1}}', '[{"__proto__": null}]',
    `${'['.repeat(5000)}${']'.repeat(5000)}`, `${'{"a":'.repeat(500)}1${'}'.repeat(500)}`, `"${'x'.repeat(70000)}"`,
  ]; // prettier-ignore
  const KEYS = [
    'messages', 'prompt', 'completion', 'text', 'label', 'instruction', 'input', 'output', 'conversations', 'tools',
    '__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '\\u0000',
  ]; // prettier-ignore
  const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)]!;

  const WHOLE = [
    ['"text": "x"'],
    ['"prompt": "x"', '"completion": "y"'],
    ['"messages": [{"role": "user", "content": "x"}]'],
    ['"conversations": [{"from": "human", "value": "x"}]'],
    [],
  ];

  function hostileRow(random: Random): string {
    const whole = pick(random, WHOLE);
    const hostile = Array.from(
      { length: random.integer(3) },
      () => `"${pick(random, KEYS)}": ${pick(random, VALUES)}`,
    );
    return `{${[...whole, ...hostile].join(', ')}}`;
  }

  async function survives(path: string): Promise<boolean> {
    try {
      for (const { example } of await read(path)) expect(typeof example.kind).toBe('string');
      return true;
    } catch (error) {
      if (EXPECTED.some((code) => isAttuneError(error, code))) return false;
      throw error;
    }
  }

  it('are an error with a code, or examples', async () => {
    const random = new Random(31);
    let opened = 0;
    for (let n = 0; n < 400; n++) {
      const rows = Array.from({ length: 1 + random.integer(2) }, () => hostileRow(random));
      let bytes = Buffer.from(rows.join('\n'));
      for (let flips = random.integer(4) - 1; flips > 0; flips--) {
        bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8);
      }
      if (random.integer(8) === 0) bytes = bytes.subarray(0, random.integer(bytes.length));
      await writeFile(at('hostile.jsonl'), bytes);
      if (await survives(at('hostile.jsonl'))) opened++;
    }
    // Both happen.
    expect(opened).toBeGreaterThan(15);
    expect(opened).toBeLessThan(385);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('of random bytes are an error with a code', async () => {
    const random = new Random(32);
    for (let n = 0; n < 100; n++) {
      const bytes = Uint8Array.from({ length: 1 + random.integer(300) }, () => random.integer(256));
      await writeFile(at('random.jsonl'), bytes);
      expect(await survives(at('random.jsonl'))).toBe(false);
    }
  });

  it('are not read as folders', async () => {
    await mkdir(at('train.jsonl'));
    await expect(read((await findExampleFiles(folder)).train)).rejects.toMatchObject({
      code: 'FILE_READ',
    });
  });
});
