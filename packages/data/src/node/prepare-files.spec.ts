import { copyFile, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Random } from '@attune/core';
import { prepareText } from '../prepare/index.js';
import { UNFINISHED_META } from '../prepare/token-meta.js';
import { byteLevelBpe, preTokenizers } from '../testing/byte-level-bpe.js';
import { hardText } from '../testing/hard-text.js';
import { startSourceWorker } from '../testing/source-worker.js';
import { charTokenizer, hfTokenizer } from '../tokenizers/index.js';
import { localEncoder, threadedEncoder } from './encoder.js';
import { isUnfinishedTokenFolder, openTokenFolder, writeTokenFolder } from './index.js';
import { prepareFiles } from './prepare-files.js';
import { encodeInOrder } from './text-pieces.js';

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

/** Names and contents of the files of a folder. */
async function contents(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(path, name), 'latin1')] as const)),
  );
}

describe('prepareFiles', () => {
  const text = hardText(new Random(11), 1500);
  const halves = async () => [
    await file('a.txt', text.slice(0, 2000).replaceAll('\n', '\r\n')),
    await file('b.txt', text.slice(2000)),
  ];
  /** A carriage return before a line feed is part of a line end, in a file as in the text. */
  const whole = [text.slice(0, 2000).replaceAll('\n', '\r\n'), text.slice(2000)]
    .map((part) => part.replaceAll('\r\n', '\n'))
    .join('');

  const json = byteLevelBpe(preTokenizers['Llama 3']);
  const unknown = byteLevelBpe(null);

  it.each(['char', 'bpe', 'bytes', 'gpt2', 'tokenizer.json', 'unknown.json'])(
    'writes what preparing in memory does, whatever the size of chunks and pieces: %s',
    async (name) => {
      const files = await halves();
      await file('tokenizer.json', JSON.stringify(json));
      await file('unknown.json', JSON.stringify(unknown));
      const isFile = name.endsWith('.json');
      const inMemory = isFile ? hfTokenizer(name === 'unknown.json' ? unknown : json) : (name as 'char');
      for (const [valFraction, chunkBytes, pieceLength] of [
        [0, 1000, 100],
        [0.1, 37, 40],
        [0.5, 2 ** 20, 2 ** 20],
        [0.999, 5000, 1],
      ] as const) {
        const expected = join(folder, 'expected');
        await writeTokenFolder(expected, await prepareText(whole, { tokenizer: inMemory, valFraction }));
        const options = {
          files,
          tokenizer: isFile ? join(folder, name) : name,
          out: join(folder, 'out'),
          valFraction,
        };
        const { meta } = await prepareFiles(options, { chunkBytes, pieceLength });
        expect(await contents(options.out)).toEqual(await contents(expected));
        expect(meta).toEqual(JSON.parse(await readFile(join(options.out, 'meta.json'), 'utf8')));
      }
    },
  );

  it('writes the same with a thread', async () => {
    const files = await halves();
    const tokenizer = await file('tokenizer.json', JSON.stringify(json));
    const [alone, threads] = [join(folder, 'alone'), join(folder, 'threads')];
    await prepareFiles({ files, tokenizer, out: alone, workers: 0 });
    await prepareFiles(
      { files, tokenizer, out: threads, workers: 1 },
      { chunkBytes: 500, pieceLength: 300, startWorker: startSourceWorker },
    );
    expect(await contents(threads)).toEqual(await contents(alone));
  });

  it('keeps what is there until all is done, and clears away what was left behind', async () => {
    const files = await halves();
    const out = join(folder, 'out');
    await prepareFiles({ files, tokenizer: 'char', out });
    const before = await contents(out);
    // No process has this number: it is above the largest that Linux gives.
    await writeFile(join(out, '.train.bin.99999999.tmp'), 'killed');
    await writeFile(join(out, `.meta.json.99999999.${'a'.repeat(16)}.tmp`), 'killed');
    const failing = prepareFiles(
      {
        files,
        tokenizer: 'bytes',
        out,
        onProgress({ phase, done, total }) {
          if (phase === 'encode' && done === total) throw new Error('stop');
        },
      },
      { chunkBytes: 500, pieceLength: 100 },
    );
    await expect(failing).rejects.toThrow('stop');
    expect(await contents(out)).toEqual(before);
    await (await openTokenFolder(out)).close();
  });

  it('leaves alone what others have, and links where temporary files might be', async () => {
    const files = await halves();
    const out = join(folder, 'out');
    await mkdir(out);
    const precious = await file('precious.txt', 'precious');
    for (const name of ['train.bin', 'val.bin', 'meta.json']) {
      await symlink(precious, join(out, `.${name}.${process.pid}.tmp`));
      await symlink(precious, join(out, name));
    }
    await writeFile(join(out, '.notes.99999999.tmp'), 'of somebody else');
    await prepareFiles({ files, tokenizer: 'char', out });
    expect(await readFile(precious, 'utf8')).toBe('precious');
    expect((await readdir(out)).filter((name) => !name.startsWith('.')).sort()).toEqual([
      'meta.json',
      'train.bin',
      'val.bin',
    ]);
    expect((await lstat(join(out, 'train.bin'))).isFile()).toBe(true);
    expect(await readdir(out)).toContain('.notes.99999999.tmp');
  });

  it('is a link to another folder: nothing is written there', async () => {
    const files = await halves();
    const [out, other] = [join(folder, 'out'), join(folder, 'other')];
    await mkdir(other);
    await symlink(other, out);
    await expect(prepareFiles({ files, tokenizer: 'char', out })).rejects.toMatchObject({
      code: 'FILE_WRITE',
      message: expect.stringContaining(`${out} is a link to another folder. Nothing was written.`),
    });
    expect(await readdir(other)).toEqual([]);
  });

  it('was killed while it put files in place: what is there is refused, and made up for', async () => {
    const files = await halves();
    const [whole, out] = [join(folder, 'whole'), join(folder, 'out')];
    await prepareFiles({ files, tokenizer: 'char', out: whole });
    await prepareFiles({ files, tokenizer: 'bytes', out });
    await copyFile(join(whole, 'train.bin'), join(out, 'train.bin'));
    await writeFile(join(out, 'meta.json'), JSON.stringify(UNFINISHED_META));
    await expect(openTokenFolder(out)).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('were never all put in place'),
    });
    expect(await isUnfinishedTokenFolder(out)).toBe(true);
    await prepareFiles({ files, tokenizer: 'char', out });
    expect(await isUnfinishedTokenFolder(out)).toBe(false);
    expect(await contents(out)).toEqual(await contents(whole));
  });

  it('leaves no folder behind if it was not there', async () => {
    const files = await halves();
    const tokenizer = await file(
      'tokenizer.json',
      JSON.stringify({ ...json, model: { type: 'BPE', vocab: {}, merges: [] } }),
    );
    const crash = () => new Worker('process.exit(1)', { eval: true });
    const out = join(folder, 'new', 'out');
    await expect(
      prepareFiles({ files, tokenizer, out, workers: 1 }, { startWorker: crash }),
    ).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(readdir(out)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('notices that a file changed while it was prepared', async () => {
    const path = await file('a.txt', 'word '.repeat(100));
    const out = join(folder, 'out');
    await mkdir(out);
    let counting = Promise.resolve();
    const preparing = prepareFiles(
      {
        files: [path],
        tokenizer: 'bytes',
        out,
        onProgress({ phase, done, total }) {
          if (phase === 'count' && done === total) counting = writeFile(path, 'word '.repeat(90));
        },
      },
      { chunkBytes: 100 },
    );
    await expect(preparing).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    await counting;
    expect(await readdir(out)).toEqual([]);
  });

  it.each([-1, 0.5, NaN])('refuses %d workers', async (workers) => {
    const options = { files: ['a'], tokenizer: 'gpt2', out: folder, workers };
    await expect(prepareFiles(options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('threadedEncoder', () => {
  it('keeps all threads busy, and hands each answer to its text', async () => {
    // Answers with the length of the text, twice as fast every second time.
    const start = () =>
      new Worker(
        `const { parentPort } = require('node:worker_threads');
        let turn = Promise.resolve();
        parentPort.on('message', (text) => {
          turn = turn.then(() => new Promise((resolve) => setTimeout(resolve, text.length % 2 ? 8 : 4)));
          turn.then(() => parentPort.postMessage({ ids: Uint16Array.of(text.length) }));
        });`,
        { eval: true },
      );
    const encoder = threadedEncoder(charTokenizer('a'), 'uint16', 3, start);
    expect(encoder.depth).toBe(6);
    async function* pieces() {
      for (let n = 0; n < 20; n++) yield { split: 'train', text: 'a'.repeat(n), bytesRead: n } as const;
    }
    try {
      let n = 0;
      for await (const { ids, bytesRead } of encodeInOrder(pieces(), encoder)) {
        expect([...ids, bytesRead]).toEqual([n, n]);
        n++;
      }
      expect(n).toBe(20);
    } finally {
      await encoder.close();
    }
  });

  it('answers each text with its ids, and hands on the error of a text', async () => {
    const tokenizer = charTokenizer('abc');
    const encoder = threadedEncoder(tokenizer, 'uint16', 1, startSourceWorker);
    try {
      const local = localEncoder(tokenizer, 'uint16');
      const texts = ['a', 'bc', '', 'cab', 'abc'.repeat(1000)];
      expect(await Promise.all(texts.map(encoder.encode))).toEqual(
        await Promise.all(texts.map(local.encode)),
      );
      await expect(encoder.encode('a?')).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('Character 1 of the text is "?"'),
      });
      expect(await encoder.encode('c')).toEqual(Uint16Array.of(2));
    } finally {
      await encoder.close();
    }
    await expect(encoder.encode('a')).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
