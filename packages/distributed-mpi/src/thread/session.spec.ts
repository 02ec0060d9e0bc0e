import { encodeNews, decodeNews, type News } from '../peers/news.js';
import { newWords } from '../protocol/messages.js';
import { tags } from '../transport/tags.js';
import { MessageError, type Transport } from '../transport/transport.js';
import { Session } from './session.js';

/** Rank 1 of two: signs of life of rank 0 come with every poll, and nothing else does. */
class LosingTransport implements Transport {
  readonly rank = 1;
  readonly size = 2;
  /** Calls that rank 0 says to have begun. */
  calls = 0;
  /** True if messages cannot even be sent. */
  isDown = false;
  readonly told: News[] = [];
  /** Called by each poll. */
  polled = (): void => undefined;
  private listening?: { readonly bytes: Uint8Array; readonly done: () => void };

  send(bytes: Uint8Array, to: number, tag: number, done: () => void): void {
    if (this.isDown) throw new MessageError(to, false, 'No route to host');
    if (tag !== tags.heartbeat) return;
    this.told.push(decodeNews(bytes));
    done();
  }

  receive(bytes: Uint8Array, _from: number, tag: number, done: () => void): void {
    if (tag === tags.heartbeat) this.listening = { bytes, done };
  }

  poll(): boolean {
    this.polled();
    this.listening?.bytes.set(encodeNews({ kind: 'alive', from: 0, calls: this.calls }));
    this.listening?.done();
    return false;
  }
}

const TIMEOUT = 0.05;

/** @param patience seconds after which the test ends a wait by itself. */
function rankOne(patience = 30) {
  const until = performance.now() + patience * 1000;
  const interrupted = () => {
    if (performance.now() > until) throw new Error('The test has waited enough.');
  };
  const transport = new LosingTransport();
  const session = new Session(transport, newWords(), interrupted, () => undefined);
  session.watchOver(['near', 'far'], TIMEOUT);
  return { transport, session, barrier: () => session.carryOut({ kind: 'barrier', parts: [], owners: [] }) };
}

test('a call that all ranks take part in fails when nothing comes any more, and the others are told', () => {
  const { transport, session, barrier } = rankOne();
  transport.calls = 1;
  const stalled = {
    code: 'RANK_LOST',
    message: expect.stringMatching(/^Nothing reaches rank 1 on far for /),
  };
  expect(barrier).toThrow(expect.objectContaining(stalled));
  expect(transport.told.at(-1)).toMatchObject({ kind: 'failed', from: 1, text: session.error!.message });
  // No later call is tried.
  expect(barrier).toThrow(session.error);
});

test('a rank that has not begun the call is waited for, however long it computes', () => {
  const { session, barrier } = rankOne(4 * TIMEOUT);
  expect(barrier).toThrow('The test has waited enough.');
  expect(session.error).toBeUndefined();
});

test('a process that was stopped in a call goes on waiting: what others sent may be on its way', () => {
  const { transport, barrier } = rankOne();
  transport.calls = 1;
  let polls = 0;
  transport.polled = () => {
    if (++polls === 2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000 * TIMEOUT);
  };
  expect(barrier).toThrow(expect.objectContaining({ code: 'RANK_LOST' }));
  expect(polls).toBeGreaterThan(3);
});

test('a sign of life that cannot be sent ends all calls', () => {
  const lost = { code: 'RANK_LOST', data: { rank: 0 }, message: expect.stringContaining('No route to host') };
  const idle = rankOne();
  idle.transport.isDown = true;
  idle.session.idle();
  expect(idle.session.error).toMatchObject(lost);
  const waiting = rankOne();
  waiting.transport.send = (_bytes, to, tag) => {
    if (tag === tags.heartbeat) throw new MessageError(to, false, 'No route to host');
  };
  expect(waiting.barrier).toThrow(expect.objectContaining(lost));
  expect(waiting.session.error).toMatchObject(lost);
});
