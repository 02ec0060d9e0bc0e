import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { readText } from './read-file.js';
import { hashPieces } from '../bytes/sha256.js';
import { diskFolder, hashPieces as hashPiecesInNode } from '../node/index.js';
import { directoryFolder, fakeFileSystem, type FakeBrowser } from '../web/index.js';
import type { Folder, WritableFolder } from './folder.js';
import { memoryFolder } from './memory-folder.js';

let path: string;
beforeEach(async () => void (path = await mkdtemp(join(tmpdir(), 'attune-folder-'))));
afterEach(() => rm(path, { recursive: true }));

/** Stands for `navigator.locks`. */
function fakeLocks() {
  const held = new Set<string>();
  return {
    async request(name: string, _: object, whileHeld: () => Promise<void>): Promise<void> {
      if (held.has(name)) throw new DOMException('held', 'TimeoutError');
      held.add(name);
      await whileHeld();
      held.delete(name);
    },
  };
}

const inBrowser = (browser?: FakeBrowser) => () =>
  directoryFolder(fakeFileSystem(browser), { locks: fakeLocks() });

const kinds: readonly [string, () => WritableFolder][] = [
  ['on disk', () => diskFolder(path)],
  ['in memory', () => memoryFolder()],
  ['in a browser', inBrowser()],
  ['in a browser that cannot move files', inBrowser({ moves: false })],
  ['in a browser with synchronous access only', inBrowser({ writes: 'sync' })],
];

const namesIn = async (folder: Folder) => [...(await folder.list())!].sort();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const failing = async function* () {
  yield new TextEncoder().encode('half');
  throw new Error('no more');
};

describe.each(kinds)('a folder %s', (_, open) => {
  let folder: WritableFolder;
  beforeEach(() => void (folder = open()));

  test('gives back what was written, and its checksum', async () => {
    expect(await folder.write('note.txt', 'first, and longer')).toBe(sha256('first, and longer'));
    expect(await folder.write('note.txt', 'abc')).toBe(sha256('abc'));
    expect(await folder.sha256('note.txt')).toBe(sha256('abc'));
    const file = await folder.open('note.txt');
    expect([file.size, new TextDecoder().decode(await file.read(1, 2))]).toEqual([3, 'bc']);
    expect(file.name).toBe(join(folder.name, 'note.txt'));
    await file.close();
    expect(await namesIn(folder)).toEqual(['note.txt']);
  });

  test('keeps a file whose replacement failed, and nothing temporary', async () => {
    await folder.write('note.txt', 'whole');
    await expect(folder.write('note.txt', failing())).rejects.toThrow('no more');
    await expect(folder.write('other.txt', failing())).rejects.toThrow('no more');
    // Where a browser can neither move files nor swap their content, the file goes with the failure.
    const left = await namesIn(folder);
    expect(left.filter((name) => name !== 'note.txt')).toEqual([]);
  });

  test('has folders, which are there when they are made', async () => {
    const inner = folder.folder('a').folder('b');
    expect(await inner.list()).toBeUndefined();
    expect(await inner.has('x')).toBe(false);
    await expect(inner.write('x', '1')).rejects.toMatchObject({ code: 'FILE_WRITE' });
    expect([await inner.make(), await inner.make()]).toEqual([true, false]);
    expect(await inner.list()).toEqual([]);
    await inner.write('x', '1');
    expect([await inner.has('x'), await folder.has('a')]).toEqual([true, false]);
    expect(await readText(folder, 'a/b/x')).toBe('1');
    expect(await namesIn(folder)).toEqual(['a']);
  });

  test('tells what is not there, and what to do', async () => {
    await expect(folder.open('none', 'Make it.')).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringMatching(/none does not exist.*Make it\./),
    });
    await expect(folder.sha256('none')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  const writeModel = (text: string) =>
    folder.writeFolder('model', 'last', async (model) => {
      await model.write('weights', text);
      await model.write('last', '');
    });
  const model = () => folder.folder('model', 'last');

  test('has a folder whole or not at all, and replaces one of its kind', async () => {
    for (const text of ['1', '2', '3']) {
      await writeModel(text);
      expect(await readText(model(), 'weights')).toBe(text);
      expect(await namesIn(model())).toEqual(['last', 'weights']);
      expect(await namesIn(folder)).toEqual(['model']);
    }
    const broken = folder.writeFolder('model', 'last', async (next) => {
      await next.write('weights', '4');
      throw new Error('no more');
    });
    await expect(broken).rejects.toThrow('no more');
    expect(await readText(model(), 'weights')).toBe('3');
    await folder.remove('model', 'last');
    await folder.remove('model', 'last');
    expect(await namesIn(folder)).toEqual([]);
    expect(await model().list()).toBeUndefined();
  });

  test('gives files and folders other names', async () => {
    await writeModel('1');
    await folder.write('model.damaged', 'earlier');
    await folder.rename('model', 'model.damaged');
    expect(await namesIn(folder)).toEqual(['model.damaged']);
    expect(await readText(folder, 'model.damaged/weights')).toBe('1');
    await folder.write('a', '1');
    await folder.rename('a', 'b');
    expect(await readText(folder, 'b')).toBe('1');
    await expect(folder.rename('a', 'c')).rejects.toMatchObject({ code: 'FILE_WRITE' });
  });

  test('takes a log, which goes on where it ended or was cut off', async () => {
    const first = await folder.openLog('log');
    await first.append('1\n');
    await first.append('2\n');
    await first.sync();
    expect(await readText(folder, 'log')).toBe('1\n2\n');
    await first.append('3\n');
    await first.close();
    expect(await readText(folder, 'log')).toBe('1\n2\n3\n');
    await folder.truncate('log', 2);
    const second = await folder.openLog('log');
    await second.append(new TextEncoder().encode('4\n'));
    await second.close();
    expect(await readText(folder, 'log')).toBe('1\n4\n');
    await expect(folder.truncate('none', 0)).rejects.toBeDefined();
  });

  test('refuses to write where something of another kind is', async () => {
    await folder.write('checkpoints', '');
    await folder.folder('config.yaml').make();
    for (const [name, kind] of [
      ['checkpoints', 'folder'],
      ['config.yaml', 'file'],
    ] as const) {
      await expect(folder.checkOwn(name, kind)).rejects.toMatchObject({ code: 'FILE_WRITE' });
    }
    await folder.checkOwn('checkpoints', 'file');
    await folder.checkOwn('none', 'file');
  });

  test('is locked by one at a time', async () => {
    const lock = await folder.lock();
    await expect(folder.lock()).rejects.toMatchObject({ code: 'RUN_LOCKED' });
    await lock.check();
    await lock.release();
    await new Promise((resolve) => setTimeout(resolve, 0));
    await (await folder.lock()).release();
    expect(await namesIn(folder)).toEqual([]);
  });
});

test.each([
  ['on disk', () => diskFolder(path)],
  ['in memory', () => memoryFolder()],
])('a folder of another kind is not replaced %s', async (_, open) => {
  const folder = open();
  await folder.folder('model').make();
  await folder.folder('model').write('thesis.txt', 'precious');
  const write = folder.writeFolder('model', 'last', async (model) => void (await model.write('last', '')));
  await expect(write).rejects.toMatchObject({
    code: 'FILE_WRITE',
    message: expect.stringContaining('has no last'),
  });
  expect(await readText(folder, 'model/thesis.txt')).toBe('precious');
});

test('in a browser, a folder that replaces another is taken for it when it is whole', async () => {
  const directory = fakeFileSystem();
  const folder = directoryFolder(directory);
  const write = (name: string, ...files: string[]) =>
    Promise.all(
      files.map(async (file) => {
        const inner = directoryFolder(await directory.getDirectoryHandle(name, { create: true }));
        await inner.write(file, name);
      }),
    );
  await write('step-1', 'weights', 'last');
  await write('step-1.new', 'weights');
  expect(await readText(folder.folder('step-1', 'last'), 'weights')).toBe('step-1');
  await write('step-1.new', 'last');
  expect(await readText(folder.folder('step-1', 'last'), 'weights')).toBe('step-1.new');
  expect(await namesIn(folder)).toEqual(['step-1']);
});

test('on disk, what is no regular file is not opened, and a folder is no file', async () => {
  const folder = diskFolder(path);
  await mkdir(join(path, 'inner'));
  await writeFile(join(path, 'file'), '');
  await expect(folder.open('inner')).rejects.toMatchObject({ code: 'FILE_READ' });
  await expect(folder.open('file/below')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  expect(await folder.has('file/below')).toBe(false);
  const device = diskFolder('/dev').open('null');
  await expect(device).rejects.toMatchObject({
    code: 'FILE_READ',
    message: expect.stringContaining('is not a file'),
  });
  await expect(diskFolder(join(path, 'file')).list()).rejects.toMatchObject({ code: 'FILE_READ' });
});

test('a folder on disk is told from another that takes its place', async () => {
  const folder = diskFolder(path).folder('a');
  expect(await folder.identity!()).toBeUndefined();
  await folder.make();
  const first = await folder.identity!();
  expect(await diskFolder(join(path, 'a')).identity!()).toBe(first);
  await diskFolder(path).folder('b').make();
  await diskFolder(path).rename('b', 'a');
  expect(await folder.identity!()).not.toBe(first);
});

test('pieces of bytes have the hash of all of them, in every environment', async () => {
  const pieces = ['a', '', 'bc'].map((text) => new TextEncoder().encode(text));
  expect(await Promise.all([hashPieces(pieces), hashPiecesInNode(pieces)])).toEqual([
    sha256('abc'),
    sha256('abc'),
  ]);
});
