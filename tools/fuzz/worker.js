/** Reads the documents of one target, in a thread that may be ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { errorCodes, isAttuneError, Random } from '@attune/core';
import { documentOf } from './documents.js';

const { name, runs, seed, at, progress } = workerData;
const { target } = await import(`./targets/${name}.js`);

const HANG_MS = 5000;
const count = Math.max(1, Math.floor(runs * (target.share ?? 1)));
const outcomes = { count, read: 0, codes: {}, slowestMs: 0 };

/** Why this document fails the test; `undefined` if it does not. */
async function faultOf(document) {
  const started = performance.now();
  let fault;
  try {
    await target.read(document);
    outcomes.read++;
  } catch (error) {
    if (isAttuneError(error) && Object.hasOwn(errorCodes, error.code)) {
      outcomes.codes[error.code] = (outcomes.codes[error.code] ?? 0) + 1;
      if (error.message.length > 10_000) fault = `a message of ${error.message.length} characters`;
    } else fault = `${error?.stack ?? error}`.slice(0, 1500);
  }
  const ms = Math.round(performance.now() - started);
  outcomes.slowestMs = Math.max(outcomes.slowestMs, ms);
  // Where others work, time is no measure: the slow one is tried again.
  if (!fault && ms > HANG_MS) {
    const again = process.cpuUsage();
    await Promise.resolve()
      .then(() => target.read(document))
      .catch(() => undefined);
    const { user, system } = process.cpuUsage(again);
    if ((user + system) / 1000 > HANG_MS) fault = `takes ${ms} ms`;
  }
  if (Object.keys(Object.prototype).length > 0 || {}.polluted !== undefined) {
    fault ??= 'the prototype of all objects was changed';
  }
  return fault;
}

const show = (document) => {
  const text = typeof document === 'string' ? document : Buffer.from(document).toString('latin1');
  return JSON.stringify(text.length > 3000 ? `${text.slice(0, 3000)}…` : text);
};

await target.prepare?.();
let fault;
for (let i = at ?? 0; i < (at === undefined ? count : at + 1) && !fault; i++) {
  Atomics.store(progress, 0, i);
  // Each has a seed of its own, so that it can be made again without those before it.
  const document = documentOf(target, new Random(seed * 1_000_003 + i));
  if (at !== undefined) console.log(show(document));
  const found = await faultOf(document);
  if (found) fault = `${found}\n       document ${i} of seed ${seed}: ${show(document).slice(0, 1500)}`;
}
if (!fault && at === undefined && count >= 1000) {
  const [least, most] = target.readShare ?? [0.02, 0.98];
  const share = outcomes.read / count;
  if (share < least || share > most)
    fault = `${outcomes.read} of ${count} were read: the documents are of no use`;
}
await target.close?.();
parentPort.postMessage({ fault, ...outcomes });
