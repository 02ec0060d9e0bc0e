import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTokenFolder, prepare, type PrepareProgress } from './index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-data-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const out = () => join(folder, 'out');
const bin = async (split: string) =>
  new Uint16Array((await readFile(join(out(), `${split}.bin`))).buffer.slice(0));

/** Little-endian uint16 bytes of the characters of a text, numbered by `sorted(set(whole))`. */
function charBytes(whole: string, part: string): Buffer {
  const chars = [...new Set(whole)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
  const characters = [...part];
  const bytes = Buffer.alloc(characters.length * 2);
  characters.forEach((char, i) => bytes.writeUInt16LE(chars.indexOf(char), 2 * i));
  return bytes;
}

describe('prepare', () => {
  const text = 'To be, or not to be: that is the question.\nWhether ’tis nobler 😀 in the mind…\n';

  it('writes the characters of a file as 16-bit ids', async () => {
    const files = [await file('in.txt', text)];
    const { meta } = await prepare({ files, tokenizer: 'char', out: out() });
    const characters = [...text];
    const split = Math.floor(characters.length * 0.9);
    const train = charBytes(text, characters.slice(0, split).join(''));
    const val = charBytes(text, characters.slice(split).join(''));
    expect(await readFile(join(out(), 'train.bin'))).toEqual(train);
    expect(await readFile(join(out(), 'val.bin'))).toEqual(val);
    const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(meta.sha256).toEqual({ 'train.bin': sha256(train), 'val.bin': sha256(val) });
    expect(JSON.parse(await readFile(join(out(), 'meta.json'), 'utf8'))).toEqual(meta);
  });

  // Written by tools/reference/nanogpt_prepare.py.
  it.each(['lf', 'crlf', 'bom'])("writes the bytes of nanoGPT's prepare.py: %s", async (name) => {
    const fixture = (path: string) =>
      new URL(`../../../backend-testkit/fixtures/nanogpt_prepare/${name}/${path}`, import.meta.url);
    const files = [await file('in.txt', await readFile(fixture('input.txt')))];
    await prepare({ files, tokenizer: 'char', out: out() });
    for (const path of ['train.bin', 'val.bin']) {
      expect(await readFile(join(out(), path))).toEqual(await readFile(fixture(path)));
    }
  });

  it('joins files in the order given, CRLF as LF, other line ends as they are', async () => {
    const files = [await file('b.txt', 'b\r\nb\rb\n\r'), await file('a.txt', '\na\u2028')];
    const { tokenizer } = await prepare({ files, tokenizer: 'bytes', out: out(), valFraction: 0 });
    expect(tokenizer.decode(await bin('train'))).toBe('b\nb\rb\n\r\na\u2028');
  });

  it('opens what it wrote, with gpt2 as with a tokenizer.json', async () => {
    const tokenizerJson = {
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
      post_processor: null,
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] },
    };
    await mkdir(join(folder, 'model'));
    const path = await file('model/tokenizer.json', JSON.stringify(tokenizerJson));
    const files = [await file('in.txt', 'abbaabbaab')];
    for (const tokenizer of ['gpt2', path, join(folder, 'model')]) {
      await prepare({ files, tokenizer, out: out(), valFraction: 0.2 });
      const opened = await openTokenFolder(out());
      const decode = async ({
        length,
        read,
      }: {
        length: number;
        read(start: number, count: number): Promise<Int32Array>;
      }) => opened.tokenizer!.decode(await read(0, length));
      expect([await decode(opened.train), await decode(opened.val!)]).toEqual(['abbaabba', 'ab']);
      await opened.close();
    }
  });

  it('tells how far it is, and leaves nothing but what it promises', async () => {
    const files = [await file('1.txt', text), await file('2.txt', text)];
    const progress: PrepareProgress[] = [];
    await prepare({ files, tokenizer: 'char', out: out(), onProgress: (p) => progress.push(p) });
    const bytes = 2 * Buffer.byteLength(text);
    expect(progress.map(({ phase, done, total, tokens }) => [phase, done / total, total, tokens])).toEqual([
      ['count', 0, bytes, 0],
      ['count', 0.5, bytes, 0],
      ['count', 1, bytes, 0],
      ['encode', 0, bytes, 0],
      ['encode', 1, bytes, Math.floor([...text].length * 2 * 0.9)],
      ['encode', 1, bytes, [...text].length * 2],
    ]);
    expect((await readdir(out())).sort()).toEqual(['meta.json', 'train.bin', 'val.bin']);
  });

  describe('bad input', () => {
    const failure = (files: string[], tokenizer = 'char') => prepare({ files, tokenizer, out: out() });

    it('names a file that is missing, empty, or a folder', async () => {
      const good = await file('good.txt', text);
      await expect(failure([good, join(folder, 'none.txt')])).rejects.toMatchObject({
        code: 'FILE_NOT_FOUND',
        message: expect.stringContaining('none.txt'),
      });
      await expect(failure([await file('empty.txt', '')])).rejects.toMatchObject({ code: 'FILE_EMPTY' });
      await expect(failure([folder])).rejects.toMatchObject({ code: 'FILE_READ' });
      await expect(failure([])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      await expect(failure(['/dev/null'])).rejects.toThrow('is not a regular file');
      await expect(readdir(out())).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it.each([
      ['Latin-1', [0x63, 0x61, 0x66, 0xe9, 0x20], 3],
      ['a character cut off at the end', [0x61, 0xe2, 0x82], 1],
      ['an overlong form', [0x61, 0x61, 0xc0, 0x80], 2],
      ['a surrogate', [0xed, 0xa0, 0x80], 0],
      ['a code point above U+10FFFF', [0xf0, 0x9f, 0x98, 0x80, 0xf4, 0x90, 0x80, 0x80], 4],
      ['a continuation byte alone', [0xc3, 0xa9, 0x80], 2],
    ])('names the first byte of %s', async (_what, bytes, offset) => {
      const path = await file('bad.txt', Uint8Array.from(bytes));
      await expect(failure([path])).rejects.toMatchObject({ code: 'FILE_CORRUPT', data: { path, offset } });
    });

    it('suggests a tokenizer', async () => {
      const files = [await file('in.txt', text)];
      await expect(failure(files, 'chars')).rejects.toMatchObject({
        code: 'FILE_NOT_FOUND',
        fix: 'Did you mean "char"?',
      });
      await expect(failure(files, join(folder, 'x/y'))).rejects.toThrow('Name char, bpe, bytes or gpt2');
      await expect(failure(files, folder)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
      const broken = await file('tokenizer.json', '{');
      await expect(failure(files, broken)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    });

    it('says when it cannot write', async () => {
      const files = [await file('in.txt', text)];
      await expect(prepare({ files, tokenizer: 'char', out: join(files[0]!, 'out') })).rejects.toMatchObject({
        code: 'FILE_WRITE',
      });
    });
  });
});
