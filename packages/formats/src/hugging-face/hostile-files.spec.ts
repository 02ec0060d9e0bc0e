import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHuggingFaceFolder } from '../node/index.js';
import { readSafetensors } from '../node/index.js';
import { readJsonObject } from '@attune/files';
import { diskFolder } from '@attune/files/node';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-hostile-'));
});
afterEach(() => rm(folder, { recursive: true }));

const CONFIG = '{"model_type":"gpt2"}';
const INDEX = JSON.stringify({ weight_map: { a: 'a.safetensors' } });

/** The files of a model up to the one that is looked at. */
async function modelUntil(file: string): Promise<string> {
  if (file !== 'config.json') await writeFile(join(folder, 'config.json'), CONFIG);
  if (file === 'a.safetensors') await writeFile(join(folder, 'model.safetensors.index.json'), INDEX);
  return join(folder, file);
}

const files = ['config.json', 'model.safetensors', 'model.safetensors.index.json', 'a.safetensors'];

/** Windows has no pipes with names in folders. */
const onSystemsWithPipes = process.platform === 'win32' ? describe.skip : describe;

onSystemsWithPipes('a pipe that nobody writes to is not waited for', () => {
  test.each(files)('as %s', async (file) => {
    execFileSync('mkfifo', [await modelUntil(file)]);
    await expect(readHuggingFaceFolder(folder)).rejects.toMatchObject({
      code: 'FILE_READ',
      message: expect.stringContaining('is not a file'),
    });
  });
});

test.each(files)('a folder named %s is not a file', async (file) => {
  await mkdir(await modelUntil(file));
  await expect(readHuggingFaceFolder(folder)).rejects.toMatchObject({ code: 'FILE_READ' });
});

/** A file that says it has 64 GiB, and takes none: what would be read at once does not fit into any memory. */
async function makeHuge(path: string, bytes = 2 ** 36): Promise<void> {
  const handle = await open(path, 'w');
  await handle.truncate(bytes);
  await handle.close();
}

test.each(['config.json', 'model.safetensors.index.json'])('a %s of 64 GiB is refused', async (file) => {
  await makeHuge(await modelUntil(file));
  await expect(readHuggingFaceFolder(folder)).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining(`${2 ** 36} bytes`),
  });
});

test('a document of more than 16 MiB is refused unread, as one of five million objects takes half a gigabyte', async () => {
  const path = join(folder, 'x.json');
  await makeHuge(path, 2 ** 24 + 1);
  await expect(readJsonObject(diskFolder(folder), 'x.json')).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining('16777217 bytes: more than a JSON file of this kind has'),
  });
});

test('so are tensors of 64 GiB whose header is not one', async () => {
  const path = join(folder, 'model.safetensors');
  await makeHuge(path);
  await expect(readSafetensors(path)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
});

/** Valid, and too much for whatever works by recursion. */
const DEEP = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;

test('a document that is not an object, or is nested without end, is refused', async () => {
  const path = join(folder, 'x.json');
  for (const text of ['[]', 'null', '7', '"x"', '['.repeat(200_000), '{"a":'.repeat(200_000), DEEP]) {
    await writeFile(path, text);
    await expect(readJsonObject(diskFolder(folder), 'x.json')).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
    });
  }
});
