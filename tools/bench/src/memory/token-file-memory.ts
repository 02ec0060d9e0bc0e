/**
 * Measures memory while windows of a large token file are read: resident memory before and after thousands of random
 * batches of a sparse file. Prints one JSON object.
 *
 *     node tools/bench/dist/memory/token-file-memory.js [--gib 2] [--batches 5000]
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prefetch, tokenDataset } from '@attune/data';
import { openTokenFile } from '@attune/data/node';

const { values } = parseArgs({
  options: { gib: { type: 'string', default: '2' }, batches: { type: 'string', default: '5000' } },
});
const fileBytes = 2 * Math.floor(Number(values.gib) * 2 ** 29);
const batches = Number(values.batches);
const sizes = { batchSize: 12, blockSize: 1024 };

const folder = await mkdtemp(join(tmpdir(), 'attune-bench-'));
try {
  const path = join(folder, 'train.bin');
  const file = await open(path, 'w');
  await file.truncate(fileBytes);
  await file.close();

  const rssAtStart = process.memoryUsage.rss();
  const opening = performance.now();
  const source = await openTokenFile(path, 'uint16');
  const openMs = performance.now() - opening;
  const dataset = prefetch(tokenDataset(source, { ...sizes, seed: 1 }));

  // The first batches fill the heap and the allocator's arenas; from then on the samples have to stay level.
  const every = Math.ceil(batches / 10);
  let taken = 0;
  const rssSamples: number[] = [];
  const reading = performance.now();
  for await (const batch of dataset) {
    if (batch['x']?.data.length !== sizes.batchSize * sizes.blockSize)
      throw new Error('A batch has another size.');
    if (++taken % every === 0) rssSamples.push(process.memoryUsage.rss());
    if (taken === batches) break;
  }
  const readMs = performance.now() - reading;
  await dataset.close?.();

  console.log(
    JSON.stringify({
      fileBytes,
      tokens: source.length,
      ...sizes,
      batches,
      bytesRead: batches * sizes.batchSize * (sizes.blockSize + 1) * 2,
      openMs,
      msPerBatch: readMs / batches,
      rssAtStart,
      rssSamples,
    }),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
