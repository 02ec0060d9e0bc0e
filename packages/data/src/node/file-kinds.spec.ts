import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readJsonLines } from './examples/index.js';
import { readTextChunks } from './read-text.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-kinds-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function readText(path: string, chunkBytes = 7): Promise<string> {
  let text = '';
  for await (const chunk of readTextChunks([path], chunkBytes)) text += chunk.text;
  return text;
}

async function readRows(path: string): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const { value } of readJsonLines(path)) rows.push(value);
  return rows;
}

const TEXT = '{"text": "größer 🦊"}\n{"text": "zwei"}\n';
const ROWS = [{ text: 'größer 🦊' }, { text: 'zwei' }];
const hex = (digits: string) => Buffer.from(digits, 'hex');
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const utf16le = (text: string) => Buffer.from(text, 'utf16le');
const utf16be = (text: string) => utf16le(text).swap16();
const utf32le = (text: string) => Buffer.from(Uint32Array.from(text, (char) => char.codePointAt(0)!).buffer);

describe('files that are read as if they were UTF-8', () => {
  it.each([
    ['gzip', gzipSync(TEXT)],
    ['gzip of two members', Buffer.concat([gzipSync(TEXT.slice(0, 9)), gzipSync(TEXT.slice(9))])],
    ['UTF-16, little-endian', utf16le(`\ufeff${TEXT}`)],
    ['UTF-16, big-endian', utf16be(`\ufeff${TEXT}`)],
    ['gzip of UTF-16', gzipSync(utf16le(`\ufeff${TEXT}`))],
  ])('%s, whatever the size of a chunk', async (_what, bytes) => {
    const path = await write('rows.jsonl', bytes);
    expect(await readRows(path)).toEqual(ROWS);
    for (const chunkBytes of [1, 2, 3, 5, 64, 10_000]) expect(await readText(path, chunkBytes)).toBe(TEXT);
  });

  it("tells how far a packed file is by the file's own bytes", async () => {
    const bytes = gzipSync(TEXT.repeat(5000));
    const path = await write('long.txt.gz', bytes);
    let last = 0;
    for await (const { bytesRead } of readTextChunks([path], 100)) {
      expect(bytesRead).toBeGreaterThanOrEqual(last);
      last = bytesRead;
    }
    expect(last).toBe(bytes.length);
  });

  it('keeps NUL characters that a text has here and there', async () => {
    const text = 'a\0b, and so on, and so on.';
    expect(await readText(await write('nul.txt', text))).toBe(text);
  });
});

const [ZSTD, BZIP2, XZ] = [
  '28b52ffd24231901007b2270726f6d7074223a202261222c2022636f6d706c6574696f6e223a202262227d0a5035a0c4',
  '425a6839314159265359b4f9e758000010d9800010500400103a27d40a200022106403479429931320c8c2c8ce22ca7394587016083793a135f8bb9229c28485a7cf3ac0',
  'fd377a585a000004e6d6b4460200210116000000742fe5a30100227b2270726f6d7074223a202261222c2022636f6d706c6574696f6e223a202262227d0a000062b26d86537d438d00013b23612b53be1fb6f37d010000000004595a',
].map(hex);

// As written by zstd, bzip2, xz, Python's zipfile, pickle, NumPy and safetensors; the others by their specifications.
const REFUSED: [what: string, name: string, bytes: Buffer, kind: string, message: RegExp][] = [
  [
    'Zstandard',
    'a.jsonl.zst',
    ZSTD!,
    'zstd',
    /a Zstandard archive.*zstd -dc \S+a\.jsonl\.zst > \S+a\.jsonl`/,
  ],
  ['bzip2', 'a.jsonl.bz2', BZIP2!, 'bzip2', /bzip2 -dc \S+a\.jsonl\.bz2 > \S+a\.jsonl`/],
  ['xz without its ending', 'a.jsonl', XZ!, 'xz', /xz -dc \S+a\.jsonl > \S+a\.jsonl\.unpacked`/],
  ['gzip within gzip', 'a.gz', gzipSync(gzipSync('a')), 'gzip', /gzip -dc/],
  [
    'zip',
    'a.zip',
    hex('504b0304140000000000572e7c5ddf5726c56230000002300000007000000722e6a736f6e6c'),
    'zip',
    /unzip/,
  ],
  [
    'a workbook of Excel',
    'a.xlsx',
    hex(
      '504b0304140000000000592e7c5d8316dc8c0100000001000000130000005b436f6e74656e745f54797065735d2e786d6c78',
    ),
    'office',
    /Office document.*Save it/,
  ],
  ['tar within gzip', 'a.tgz', gzipSync(latin1(`a.txt${'\0'.repeat(252)}ustar\x0000`)), 'tar', /tar -xf/],
  [
    'Parquet',
    'a.parquet',
    latin1('PAR1\x15\x04\x15\x20\x15\x24L\x15\x02'),
    'parquet',
    /Parquet.*Dataset\.from_parquet/,
  ],
  ['an Arrow file', 'a.arrow', latin1('ARROW1\0\0\xff\xff\xff\xff\x78\0\0\0'), 'arrow', /Dataset\.from_file/],
  ['an Arrow stream', 'a.arrow', latin1('\xff\xff\xff\xff\xb8\x01\0\0\x10\0\0\0'), 'arrow', /an Arrow file/],
  ['SQLite', 'a.db', latin1('SQLite format 3\0\x10\0\x01\x01'), 'sqlite', /SQLite/],
  ['NumPy', 'a.npy', hex('934e554d5059010076007b2764657363'), 'numpy', /NumPy array.*attune pretrain --data/],
  [
    'a pickle',
    'a.pkl',
    hex('8004950a000000000000007d948c0161944b01732e'),
    'pickle',
    /can run code, and are not opened/,
  ],
  [
    'safetensors',
    'model.safetensors',
    hex('38000000000000007b2261223a7b226474797065'),
    'safetensors',
    /attune generate --model/,
  ],
  ['GGUF', 'a.gguf', latin1('GGUF\x03\0\0\0\x10\0\0\0'), 'gguf', /GGUF.*attune generate --model/],
  ["llm.c's tokens", 'a.bin', hex('88d83401010000000a000000'), 'tokens', /token file.*attune pretrain/],
  ['PDF', 'a.pdf', latin1('%PDF-1.7\n%\xe2\xe3'), 'pdf', /pdftotext \S+a\.pdf \S+a\.txt/],
  [
    'a pointer of Git LFS',
    'train.jsonl',
    latin1(`version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12\n`),
    'git-lfs',
    /git lfs pull/,
  ],
  [
    'UTF-32',
    'a.jsonl',
    utf32le(`\ufeff${TEXT}`),
    'utf-32',
    /iconv -f UTF-32 .*a\.jsonl > \S+a\.utf8\.jsonl`/,
  ],
  ['UTF-32, no mark', 'a.jsonl', utf32le(TEXT), 'utf-32le', /iconv -f UTF-32LE /],
  ['big-endian UTF-32, no mark', 'a.jsonl', utf32le(TEXT).swap32(), 'utf-32be', /iconv -f UTF-32BE /],
  ['UTF-16, no mark', 'a.jsonl', utf16le(TEXT), 'utf-16le', /without a byte order mark.*iconv -f UTF-16LE /],
  ['big-endian UTF-16, no mark', 'a.jsonl', utf16be(TEXT), 'utf-16be', /iconv -f UTF-16BE /],
  [
    'tokens as nanoGPT writes them',
    'train.bin',
    Buffer.from(Uint16Array.from({ length: 100 }, (_, i) => i % 65).buffer),
    'binary',
    /a binary file.*check that it is the file you mean/,
  ],
  ['NUL bytes', 'a.jsonl', Buffer.alloc(5000), 'zeros', /a file of NUL bytes/],
];

describe('files that are no text', () => {
  it.each(REFUSED)('%s is called by its name', async (_what, name, bytes, kind, message) => {
    const path = await write(name, bytes);
    for (const read of [readText, readRows]) {
      await expect(read(path)).rejects.toMatchObject({
        code: 'UNSUPPORTED_FILE',
        message: expect.stringMatching(message),
        data: { path, kind },
      });
    }
  });

  it('are told from texts that begin like them', async () => {
    const texts = [
      'PAR1, a story',
      'BZh9, a story',
      'FEA1\n',
      'GGUF is a format.',
      'PK',
      'version https://',
      '7z',
    ];
    for (const text of texts) expect(await readText(await write('a.txt', text))).toBe(text);
  });

  it('of CSV and HTML are good texts, but no rows', async () => {
    const csv = 'prompt,completion\nWhy?,Because.\n';
    const path = await write('qa.csv', csv);
    expect(await readText(path)).toBe(csv);
    await expect(readRows(path)).rejects.toMatchObject({
      code: 'UNSUPPORTED_FILE',
      message: expect.stringMatching(
        /qa\.csv is a table \(CSV\), not JSON lines.*csv\.DictReader.*qa\.csv > \S+qa\.jsonl`/,
      ),
      data: { kind: 'csv' },
    });
    await expect(readRows(await write('qa.txt', 'prompt\tcompletion\na\tb\n'))).rejects.toMatchObject({
      message: expect.stringContaining(String.raw`delimiter='\t'`),
      data: { kind: 'tsv' },
    });
    await expect(readRows(await write('a.jsonl', '<!DOCTYPE html>\n<html>'))).rejects.toMatchObject({
      message: expect.stringContaining('a web page'),
      data: { kind: 'html' },
    });
  });

  it('of bytes that are no text are not called a text of another encoding', async () => {
    const path = await write('photo.jpg', hex('ffd8ffe000104a46494600010100'));
    await expect(readText(path)).rejects.toThrow('does not look like text at all');
    await expect(readRows(path)).rejects.toThrow('does not look like text at all');
    await expect(readText(await write('old.txt', latin1('größer')))).rejects.toThrow(
      /byte 2 is 0xf6.*iconv -f WINDOWS-1252 -t UTF-8 \S+old\.txt > \S+old\.utf8\.txt/,
    );
  });

  it('with names that a shell reads otherwise are quoted', async () => {
    const path = await write("it's $(mine).jsonl.xz", XZ!);
    await expect(readRows(path)).rejects.toThrow(String.raw`it'\''s $(mine).jsonl.xz' > '`);
  });
});

describe('files that are damaged', () => {
  it('says that gzip was cut off, or is broken', async () => {
    const packed = gzipSync(TEXT.repeat(100));
    const cut = await write('cut.jsonl.gz', packed.subarray(0, packed.length / 2));
    const broken = await write(
      'broken.jsonl.gz',
      Buffer.concat([packed.subarray(0, 10), Buffer.alloc(50, 0xff)]),
    );
    for (const path of [cut, broken]) {
      for (const read of [readText, readRows]) {
        await expect(read(path)).rejects.toMatchObject({
          code: 'FILE_CORRUPT',
          message: expect.stringMatching(/\.jsonl\.gz cannot be unpacked: .*download or copy it again/),
        });
      }
    }
  });

  it('does not unpack what was made to fill memory', async () => {
    const path = await write('bomb.jsonl.gz', gzipSync(Buffer.alloc(2 ** 25, '\n')));
    await expect(readRows(path)).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('unpacks to more than 256 times its size'),
    });
  });

  it('names half a character of UTF-16', async () => {
    for (const bytes of [utf16le('\ufeffab\ud83dc'), utf16le('\ufeffab').subarray(0, 5)]) {
      await expect(readText(await write('half.txt', bytes))).rejects.toMatchObject({
        code: 'FILE_CORRUPT',
        message: expect.stringContaining('is UTF-16, but has half a character'),
      });
    }
  });

  it('calls a file of nothing but a mark empty', async () => {
    await expect(readText(await write('a.txt', utf16le('\ufeff')))).rejects.toMatchObject({
      code: 'FILE_EMPTY',
    });
  });
});
