import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conformance } from './conformance.js';

const passed = (name) => [{ begun: name }, { test: { name, state: 'passed' } }];

/** Workers that tell of events and then end as they are told: each a list of events and an ending. */
function workersOf(runs) {
  const requests = [];
  const startWorker = () => {
    const [events, ending] = runs[requests.length];
    const worker = {
      ended: false,
      kill: () => undefined,
      ask: async (_name, options, _ms, onEvent) => {
        requests.push([...options.without]);
        events.forEach(onEvent);
        if (!(ending instanceof Error)) return ending;
        worker.ended = true;
        throw ending;
      },
    };
    return worker;
  };
  return { requests, startWorker };
}

const died = (more) => Object.assign(new Error('ended by SIGSEGV'), { stderr: 'device lost', ...more });

async function run(runs) {
  const { requests, startWorker } = workersOf(runs);
  const result = {};
  const given = { device: {}, startWorker, leftMs: () => 60_000, result, save: () => undefined };
  const outcome = await conformance('kit')(given).then(
    () => 'done',
    (error) => error.message,
  );
  return { requests, result, outcome };
}

describe('the conformance kit on a driver', () => {
  it('counts what passed, failed and was skipped', async () => {
    const wrong = { name: 'b', state: 'failed', reason: 'expected 1' };
    const skipped = { name: 'c', state: 'skipped', reason: 'no bf16' };
    const events = [{ test: skipped }, ...passed('a'), { begun: 'b' }, { test: wrong }];
    const { result, outcome } = await run([[events, { precision: 'f32' }]]);
    assert.equal(outcome, 'done');
    assert.deepEqual(result, {
      ...{ passed: 1, skipped: 1, precision: 'f32' },
      failed: [{ name: 'b', reason: 'expected 1' }],
    });
  });

  it('is in the report while it runs', async (t) => {
    let now = 0;
    t.mock.method(performance, 'now', () => (now += 1500));
    const saved = [];
    const { startWorker } = workersOf([[['a', 'b', 'c'].flatMap(passed), died()]]);
    const result = {};
    const save = () => saved.push(result.passed);
    const given = { device: {}, startWorker, leftMs: () => 60_000, result, save };
    await assert.rejects(conformance('kit')(given), /SIGSEGV/);
    // Once while it runs at the least; the last at its end.
    assert.deepEqual([saved.length > 2, saved[0] < 3, saved.at(-1)], [true, true, 3]);
  });

  it('that crashes goes on after the test that was running, which has failed', async () => {
    const { requests, result, outcome } = await run([
      [[...passed('a'), { begun: 'b' }], died()],
      [passed('c'), {}],
    ]);
    assert.equal(outcome, 'done');
    assert.deepEqual(requests, [[], ['a', 'b']]);
    assert.equal(result.passed, 2);
    assert.deepEqual(result.failed, [{ name: 'b', reason: 'ended by SIGSEGV\ndevice lost' }]);
  });

  it('that crashes at every test is given up', async () => {
    const runs = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [[{ begun: name }], died()]);
    const { requests, outcome } = await run(runs);
    assert.equal(outcome, 'ended by SIGSEGV');
    assert.equal(requests.length, 6);
  });

  it('that is cut by the limit, or fails before a test, is no crash of a test', async () => {
    const cut = await run([[[{ begun: 'a' }], died({ timedOut: true })]]);
    assert.deepEqual([cut.requests.length, cut.result.failed], [1, []]);
    const early = await run([[[], died()]]);
    assert.deepEqual([early.requests.length, early.result.failed], [1, []]);
  });
});
