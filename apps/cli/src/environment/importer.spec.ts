import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importFor, peersIn } from './importer.js';

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

const PLANTED = 'globalThis.planted = true; export const backend = "planted";';

test.each(['cuda', 'webgpu', 'cpu', 'wasm', 'reference'])(
  'a backend of attune’s own is not that of the user’s folder, unless it is asked for: %s',
  async (name) => {
    const specifier = `@attune/backend-${name}`;
    await install(specifier, PLANTED);
    expect(await importFor(folder)(specifier)).toMatchObject({ backend: { name } });
    expect(globalThis).not.toHaveProperty('planted');
    expect(await importFor(folder)(specifier, folder)).toMatchObject({ backend: 'planted' });
    Reflect.deleteProperty(globalThis, 'planted');
  },
);

test('where the folder that was named has none, it is attune’s own', async () => {
  expect(await importFor('/')('@attune/backend-reference', folder)).toMatchObject({
    backend: { name: 'reference' },
  });
});

test("any other package was named by the user: that of the user's folder comes first", async () => {
  await install('yaml', 'export const parse = "mine";');
  expect(await importFor(folder)('yaml')).toMatchObject({ parse: 'mine' });
  await writeFile(join(folder, 'mine.js'), 'export const parse = "a file";');
  expect(await importFor(folder)('./mine.js')).toMatchObject({ parse: 'a file' });
});

test('what is not installed there is loaded as the command sees it', async () => {
  expect(await importFor(folder)('yaml')).toMatchObject({ parse: expect.any(Function) });
});

test('what is installed nowhere is reported as such', async () => {
  await expect(importFor(folder)('attune-no-such-backend')).rejects.toThrow(/attune-no-such-backend/);
});

test('engines are those of the folder that was named', async () => {
  await install('webgpu', PLANTED);
  const address = peersIn(folder)('webgpu');
  expect(fileURLToPath(address!)).toBe(join(folder, 'node_modules', 'webgpu', 'index.js'));
  expect(peersIn(folder)('attune-no-such-engine')).toBeUndefined();
});
