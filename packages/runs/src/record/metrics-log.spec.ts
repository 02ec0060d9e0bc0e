import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFolder } from '@attune/files/node';
import { readMetrics, truncateMetrics } from './metrics-log.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-log-'));
  path = join(folder, 'metrics.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const line = (step: number) => `{"step":${step},"loss":${step / 3}}\n`;
const lines = (count: number) => Array.from({ length: count }, (_, i) => line(i + 1)).join('');

test.each([
  ['lines behind the step', lines(5), 3, 3],
  ['a line that was torn', `${lines(4)}{"step":5,"lo`, 4, 4],
  ['a whole line without its line break', lines(4) + line(5).trimEnd(), 5, 4],
  ['a line that is none', `${lines(2)}\0\0\0\n${line(4)}`, 4, 2],
  ['a line that is too long to be one', `${lines(2)}{"x":"${'x'.repeat(300_000)}"}\n${line(3)}`, 3, 2],
  ['a gap', lines(2) + line(4), 4, 2],
  ['nothing', lines(3), 3, 3],
  ['more than is read at once', lines(5000), 4000, 4000],
])('%s is cut off', async (_, text, step, kept) => {
  await writeFile(path, text);
  expect(await truncateMetrics(diskFolder(folder), step)).toBe(kept);
  expect(await readFile(path, 'utf8')).toBe(lines(kept));
});

test('a log that does not exist tells of no step', async () => {
  expect(await truncateMetrics(diskFolder(folder), 3)).toBe(0);
  const steps = [];
  for await (const { step } of readMetrics(diskFolder(folder))) steps.push(step);
  expect(steps).toEqual([]);
});
