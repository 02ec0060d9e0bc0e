import { paced } from '../report/paced.js';

/** A test without an end is ended after this; a software adapter needs longer for some. */
const STUCK_MS = 60_000;
const STUCK_IN_SOFTWARE_MS = 300_000;

/** Processes that a part of the kit may take down before it is given up. */
const CRASHES = 5;

/** A worker's run of the tests that are left, ended where one of them hangs. */
async function runTests(worker, { device, part, without, leftMs }, onEvent) {
  const stuckMs = device.allowSoftware ? STUCK_IN_SOFTWARE_MS : STUCK_MS;
  const isStuck = () => worker.kill();
  let timer = setTimeout(isStuck, stuckMs);
  try {
    return await worker.ask('conformance', { device, part, without }, leftMs, (event) => {
      clearTimeout(timer);
      timer = setTimeout(isStuck, stuckMs);
      onEvent(event);
    });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs a part of the conformance kit: `kit` or `trajectories`. A test that ends the process, or hangs, has failed, and another
 * process runs those that are left.
 */
export function conformance(part) {
  return async ({ device, startWorker, leftMs, result, save }) => {
    Object.assign(result, { passed: 0, failed: [], skipped: 0 });
    const begun = [];
    let running;
    const saveNowAndThen = paced(save);
    const onEvent = ({ begun: name, test }) => {
      if (name !== undefined) {
        begun.push(name);
        running = name;
      } else {
        running = undefined;
        if (test.state === 'passed') result.passed++;
        else if (test.state === 'skipped') result.skipped++;
        else result.failed.push({ name: test.name, reason: test.reason });
      }
      saveNowAndThen();
    };
    for (let crashes = 0; ;) {
      const worker = startWorker();
      try {
        Object.assign(
          result,
          await runTests(worker, { device, part, without: begun, leftMs: leftMs() }, onEvent),
        );
        return;
      } catch (error) {
        const crashed = worker.ended && !error.timedOut && running !== undefined;
        if (!crashed || ++crashes > CRASHES) throw error;
        result.failed.push({ name: running, reason: `${error.message}\n${error.stderr}`.trim() });
        running = undefined;
      } finally {
        await worker.kill();
        save();
      }
    }
  };
}
