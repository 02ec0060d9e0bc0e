import { fileURLToPath } from 'node:url';
import { openTokenizer } from '../node/index.js';
import { readFixture } from '../testing/fixture.js';
import { byteTokenizer, charTokenizer, tokenizerJson, type Tokenizer } from './index.js';

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
}

const { cases } = await readFixture<{ cases: Record<string, readonly Case[]> }>('saved_tokens/ids.json');

const saved: Record<string, Tokenizer> = {
  bytes: byteTokenizer(),
  char: charTokenizer("\n\t .,'abcehinortsw Oldüé🙂日本"),
};

describe.each(Object.entries(saved))('what is saved of %s', (name, tokenizer) => {
  const folder = new URL(`../../../backend-testkit/fixtures/saved_tokens/${name}/`, import.meta.url);

  test('is the folder that transformers has read', async () => {
    for (const [file, content] of Object.entries((await tokenizerJson(tokenizer.toJSON()))!)) {
      expect(content).toEqual(await readFixture(`saved_tokens/${name}/${file}`));
    }
  });

  test('gives the same ids in transformers, opened as a model folder, and as it was', async () => {
    const opened = await openTokenizer(fileURLToPath(folder));
    expect(cases[name]!.length).toBeGreaterThan(5);
    for (const { text, ids } of cases[name]!) {
      expect(Array.from(opened.encode(text))).toEqual(ids);
      expect(Array.from(tokenizer.encode(text))).toEqual(ids);
      expect(opened.decode(ids)).toBe(text);
    }
  });
});
