import { expectEqual, type TestRunner } from '@attune/backend-testkit';
import { files, serveTests } from '@attune/browser-harness/page';
import type { Dataset } from '@attune/core';
import { inProcessChatTemplate } from '../chat/index.js';
import { tokenDataset } from '../datasets/index.js';
import { droppedFolder, httpFolder } from '@attune/files';
import { accessHandleFile, directoryFolder, type DirectoryHandle } from '@attune/files/web';
import { tokenFiles } from '../token-folder/index.js';
import { openTokenFile } from '../tokens/index.js';

/** The values that the spec has read from disk. */
interface Expected {
  readonly options: { readonly batchSize: number; readonly blockSize: number; readonly seed: number };
  /** The tokens of `x` of some batches. */
  readonly windows: readonly (readonly number[])[];
}

interface Page {
  createElement(name: 'meta'): { httpEquiv: string; content: string };
  readonly head: { append(element: object): void };
}

const { storage } = (
  globalThis as unknown as { navigator: { storage: { getDirectory(): Promise<DirectoryHandle> } } }
).navigator;

const names = ['meta.json', 'train.bin'];
const isWorker = !('document' in globalThis);

async function expectSame(dataset: Dataset, { windows }: Expected): Promise<void> {
  const read: number[][] = [];
  for await (const { x } of dataset) {
    read.push([...x!.data]);
    if (read.length === windows.length) break;
  }
  expectEqual(read, windows, 'windows');
  await dataset.close?.();
}

function registerTests({ test, beforeAll }: TestRunner): void {
  let expected: Expected;
  let directory: DirectoryHandle;
  beforeAll(async () => {
    expected = JSON.parse(new TextDecoder().decode(await files('expected.json'))) as Expected;
    directory = await storage.getDirectory();
    for (const name of names) {
      await directoryFolder(directory).write(name, await files(name));
    }
  });

  test('windows read by HTTP ranges are those on disk', async () => {
    await expectSame(await tokenFiles(httpFolder('/files'), expected.options), expected);
  });

  test('windows of files that were dropped are those on disk', async () => {
    const dropped = await Promise.all(
      names.map(async (name) => new File([(await files(name)) as Uint8Array<ArrayBuffer>], name)),
    );
    await expectSame(await tokenFiles(droppedFolder(dropped), expected.options), expected);
  });

  test('windows read from the private file system are those on disk', async () => {
    await expectSame(await tokenFiles(directoryFolder(directory), expected.options), expected);
  });

  if (!isWorker) {
    // Last of all: the policy holds from here on.
    test('chat templates are rendered under a policy without eval', async () => {
      const { document } = globalThis as unknown as { document: Page };
      const meta = document.createElement('meta');
      meta.httpEquiv = 'Content-Security-Policy';
      meta.content = "script-src 'self'";
      document.head.append(meta);
      let refused = '';
      try {
        new Function('return 1')();
      } catch (error) {
        refused = (error as Error).name;
      }
      expectEqual(refused, 'EvalError', 'new Function');
      const template = inProcessChatTemplate({
        name: 'test',
        templates: { default: '{% for m in messages %}{{ m.role | upper }}: {{ m.content }}{% endfor %}' },
      });
      expectEqual(await template.render([{ role: 'user', content: 'Hi' }]), 'USER: Hi', 'text');
    });
  }

  if (isWorker) {
    test('windows read through a synchronous handle are those on disk', async () => {
      const access = await (await directory.getFileHandle('train.bin')).createSyncAccessHandle!();
      const source = await openTokenFile(accessHandleFile(access, 'train.bin'), 'uint16');
      await expectSame(tokenDataset(source, expected.options), expected);
    });
  }
}

serveTests(registerTests);
