import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeInBrowser } from '@attune/browser-harness';
import { tokenFiles, writeTokenFolder } from '../node/index.js';
import { prepareText } from '../prepare/index.js';
import { sampleText } from '../testing/sample-text.js';

const folder = mkdtempSync(join(tmpdir(), 'attune-web-data-'));
const options = { batchSize: 3, blockSize: 8, seed: 4 };

beforeAll(async () => {
  const text = sampleText(20);
  await writeTokenFolder(folder, await prepareText(text, { tokenizer: 'char', valFraction: 0 }));
});
afterAll(() => rm(folder, { recursive: true }));

/** The windows as they are read from disk. */
async function windowsOnDisk(): Promise<number[][]> {
  const windows: number[][] = [];
  const dataset = await tokenFiles(folder, options);
  for await (const { x } of dataset) {
    windows.push([...x!.data]);
    if (windows.length === 20) break;
  }
  await dataset.close!();
  return windows;
}

const common = {
  page: new URL('../testing/web.page.ts', import.meta.url),
  runner: { describe, test, beforeAll, afterAll },
  files: async (path: string) =>
    path === 'expected.json'
      ? new TextEncoder().encode(JSON.stringify({ options, windows: await windowsOnDisk() }))
      : readFile(join(folder, path)),
};

await describeInBrowser({ ...common, name: 'in a page' });
await describeInBrowser({ ...common, name: 'in a worker', worker: true });
