import type { StepMetrics } from '@attune/core';
import { RunClock } from '../metrics/clock.js';
import { readings } from '../metrics/columns.js';
import type { RunLog } from '../metrics/run-log.js';
import { fileVersion, scalarEvent, sessionStart, textEvent } from './event.js';

/** The names of texts in TensorBoard. */
const [CONFIG, SAMPLE] = ['config', 'sample'];

/** The most samples of a run that are written. TensorBoard shows ten. */
const MAX_SAMPLES = 1000;

/** Numbers of a step. */
export function stepEvent(metrics: StepMetrics, wallTime: number): Uint8Array {
  return scalarEvent({ step: metrics.step, wallTime }, readings(metrics));
}

/** The text that a run wrote after a step. */
export function sampleEvent(step: number, text: string, wallTime: number): Uint8Array {
  return textEvent({ step, wallTime }, SAMPLE!, text.replace(/\n$/, ''));
}

/** How far the events of a run go. */
export interface EventsEnd {
  /** The last step whose numbers they have. */
  step: number;
  /** The last step whose sample they have. */
  sample: number;
}

/**
 * The events of a run so far: its configuration, the numbers of each step, and its samples. The wall time of each is told by
 * `RunClock`.
 *
 * @param end is told how far the events go.
 */
export async function* runEvents(
  log: RunLog,
  end: EventsEnd = { step: 0, sample: 0 },
): AsyncGenerator<Uint8Array, void, undefined> {
  const clock = new RunClock(await log.record());
  const samples = (await log.sampledSteps()).slice(-MAX_SAMPLES);
  const samplesUpTo = async function* (step: number) {
    for (let next = samples[0]; next !== undefined && next <= step; next = samples[0]) {
      samples.shift();
      const sample = await log.sample(next);
      if (sample) yield sampleEvent(next, sample.text, clock.now);
      end.sample = next;
    }
  };
  yield fileVersion(clock.now);
  yield sessionStart(clock.now);
  const config = await log.configText();
  if (config !== undefined) yield textEvent({ step: 0, wallTime: clock.now }, CONFIG!, config);
  for await (const metrics of log.steps()) {
    yield stepEvent(metrics, clock.after(metrics));
    end.step = metrics.step;
    yield* samplesUpTo(metrics.step);
  }
  yield* samplesUpTo(Infinity);
}
