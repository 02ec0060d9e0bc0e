import { openTraining, timeSteps, memoryHeld } from './training.js';

/** Trains, and tells what backend and process hold, at the 10th step and at every 50th. */
export async function flatMemory({ steps, ...training }, tell) {
  await openTraining(training);
  let done = 1;
  for (const at of [10, ...Array.from({ length: Math.floor(steps / 50) }, (_, i) => 50 * (i + 1))]) {
    await timeSteps({ count: at - done });
    done = at;
    globalThis.gc?.();
    tell({ held: { step: at, rssBytes: process.memoryUsage.rss(), ...memoryHeld() } });
  }
}
