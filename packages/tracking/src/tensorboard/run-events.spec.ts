import { memoryFolder, type WritableFolder } from '@attune/files';
import { plainFormat } from '@attune/runs';
import { openRunLog } from '../metrics/run-log.js';
import { logOf, recordOf, runFolder, stepLine } from '../testing/run-folder.js';
import { eventFileName, isEventFile, replaceEventFiles } from './event-files.js';
import { fileVersion, scalarEvent, sessionStart, textEvent } from './event.js';
import { runEvents } from './run-events.js';

const START = Date.parse('2026-01-01T00:00:00Z') / 1000;

async function eventsOf(folder: WritableFolder): Promise<Uint8Array[]> {
  const events: Uint8Array[] = [];
  for await (const event of runEvents(await openRunLog(folder, plainFormat))) events.push(event);
  return events;
}

test('a run is told in order: its configuration, its steps, its samples', async () => {
  const events = await eventsOf(
    runFolder({
      'config.yaml': 'seed: 7\n',
      'run.json': JSON.stringify(recordOf(0, 1)),
      'metrics.jsonl': logOf([{ step: 1, loss: 4, stepMs: 500 }, { step: 2, loss: 2, valLoss: null, stepMs: 1000 }]), // prettier-ignore
      'samples/step-1.txt': 'the cat\n',
    }),
  );
  const second = START + 60;
  expect(events).toEqual([
    fileVersion(START),
    sessionStart(START),
    textEvent({ step: 0, wallTime: START }, 'config', 'seed: 7\n'),
    scalarEvent({ step: 1, wallTime: START + 0.5 }, [
      { tag: 'train/loss', value: 4 },
      { tag: 'train/step_ms', value: 500 },
    ]),
    textEvent({ step: 1, wallTime: START + 0.5 }, 'sample', 'the cat'),
    // The second session began a minute after the first.
    scalarEvent({ step: 2, wallTime: second + 1 }, [
      { tag: 'train/loss', value: 2 },
      { tag: 'eval/loss', value: NaN },
      { tag: 'train/step_ms', value: 1000 },
    ]),
  ]);
});

test('a log is read up to a line that is cut, and a step is told once', async () => {
  const log = logOf([stepLine(1), stepLine(2), stepLine(2), stepLine(1), stepLine(3)]);
  const events = await eventsOf(
    runFolder({ 'config.yaml': 'seed: 7\n', 'metrics.jsonl': `${log}{"step":4,"lo` }),
  );
  expect(events).toHaveLength(3 + 3);
});

test('a new file takes the place of ours, comes after them, and leaves others alone', async () => {
  const folder = memoryFolder([], 'run/tensorboard');
  const ahead = eventFileName(4e12);
  await folder.make();
  for (const name of [ahead, eventFileName(1e12), 'events.out.tfevents.1.host', 'notes.txt']) {
    await folder.write(name, 'x');
  }
  const events = async function* () {
    yield new Uint8Array([1, 2]);
    yield new Uint8Array(100_000);
    yield new Uint8Array([3]);
  };
  const name = await replaceEventFiles(folder, events());
  expect(isEventFile(name)).toBe(true);
  expect(name > ahead).toBe(true);
  expect([...(await folder.list())!].sort()).toEqual(
    [name, 'events.out.tfevents.1.host', 'notes.txt'].sort(),
  );
  expect((await folder.open(name)).size).toBe(100_003);
});
