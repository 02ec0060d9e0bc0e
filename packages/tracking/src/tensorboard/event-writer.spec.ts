import { readBytes } from '@attune/files';
import { plainFormat } from '@attune/runs';
import { openRunLog } from '../metrics/run-log.js';
import { logOf, runFolder, stepLine } from '../testing/run-folder.js';
import { EventWriter } from './event-writer.js';

/** Steps of the records in an event file with numbers, in order. */
async function stepsIn(folder: ReturnType<typeof runFolder>): Promise<number[]> {
  const [name, ...more] = (await folder.list())!;
  expect(more).toEqual([]);
  const bytes = await readBytes(await folder.open(name!));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const steps: number[] = [];
  for (let at = 0; at < bytes.byteLength; at += 16 + view.getUint32(at, true)) {
    // Behind the wall time, field 2: the step.
    const isStep = view.getUint8(at + 12 + 9) === 0x10;
    const text = new TextDecoder().decode(bytes.subarray(at, at + 16 + view.getUint32(at, true)));
    if (isStep && text.includes('train/loss')) steps.push(view.getUint8(at + 12 + 10));
  }
  return steps;
}

test('a session that goes on from a checkpoint tells each step once', async () => {
  const run = runFolder({ 'config.yaml': 'seed: 1\n', 'metrics.jsonl': logOf([1, 2, 3].map((step) => stepLine(step))) }); // prettier-ignore
  const folder = run.folder('tensorboard');
  const session = async (steps: readonly number[]) => {
    const writer = new EventWriter(folder, () => openRunLog(run, plainFormat), fail);
    for (const step of steps) writer.step(stepLine(step));
    writer.sample(steps.at(-1)!, 'the cat');
    await writer.close();
  };
  const fail = (error: unknown) => {
    throw error;
  };
  // Killed after step 6, with step 3 as its last checkpoint; step 3 is in the log, too.
  await session([3, 4, 5, 6]);
  expect(await stepsIn(folder)).toEqual([1, 2, 3, 4, 5, 6]);
  await session([4, 5]);
  expect(await stepsIn(folder)).toEqual([1, 2, 3, 4, 5]);
});

test('what cannot be written is told once, and ends nothing else', async () => {
  const run = runFolder({ 'config.yaml': 'seed: 1\n', tensorboard: 'a file' });
  const told: unknown[] = [];
  const folder = { ...run.folder('tensorboard'), make: () => Promise.reject(new Error('full')) };
  const writer = new EventWriter(folder, () => openRunLog(run, plainFormat), (error) => told.push(error)); // prettier-ignore
  writer.step(stepLine(1));
  await writer.close();
  expect(told).toEqual([new Error('full')]);
});
