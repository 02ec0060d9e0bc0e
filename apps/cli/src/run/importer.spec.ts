import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importFrom } from './importer.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'attune-import-'))));
afterEach(() => rm(folder, { recursive: true }));

async function install(name: string, source: string): Promise<void> {
  const path = join(folder, 'node_modules', name);
  await mkdir(path, { recursive: true });
  await writeFile(
    join(path, 'package.json'),
    JSON.stringify({ name, type: 'module', exports: './index.js' }),
  );
  await writeFile(join(path, 'index.js'), source);
}

test("a package of the user's folder comes first", async () => {
  await install('yaml', 'export const parse = "mine";');
  expect(await importFrom(folder)('yaml')).toMatchObject({ parse: 'mine' });
});

test('what is not installed there is loaded as the command sees it', async () => {
  expect(await importFrom(folder)('yaml')).toMatchObject({ parse: expect.any(Function) });
});

test('what is installed nowhere is reported as such', async () => {
  await expect(importFrom(folder)('attune-no-such-backend')).rejects.toThrow(/attune-no-such-backend/);
});
