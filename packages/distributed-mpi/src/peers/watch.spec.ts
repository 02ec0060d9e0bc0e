import type { Transport } from '../transport/transport.js';
import { Watch } from './watch.js';

/** A message on its way. */
interface Letter {
  readonly to: number;
  readonly bytes: Uint8Array;
}

/** Ranks whose messages the test carries: a connection may be cut. */
class Network {
  private readonly inboxes = new Map<number, { bytes: Uint8Array; done: () => void }[]>();
  private letters: Letter[] = [];
  readonly cut = new Set<number>();

  transport(rank: number, size: number): Transport {
    this.inboxes.set(rank, []);
    return {
      ...{ rank, size, poll: () => false },
      send: (bytes, to, _, done) => {
        if (!this.cut.has(rank) && !this.cut.has(to)) this.letters.push({ to, bytes: bytes.slice() });
        done();
      },
      receive: (bytes, _from, _tag, done) => void this.inboxes.get(rank)!.push({ bytes, done }),
    };
  }

  deliver(): void {
    while (this.letters.length > 0) {
      const { to, bytes } = this.letters.shift()!;
      const receive = this.inboxes.get(to)!.shift();
      receive?.bytes.set(bytes);
      receive?.done();
    }
  }
}

function watches(size: number) {
  const network = new Network();
  const hosts = Array.from({ length: size }, (_, rank) => `host${rank}`);
  const all = hosts.map(
    (_, rank) => new Watch(network.transport(rank, size), { hosts, timeoutSeconds: 30 }, 0),
  );
  /** Lets time pass, a second at a time, on the ranks that are not stopped. */
  const pass = (from: number, to: number, stopped: readonly number[] = []) => {
    for (let now = from; now <= to; now++) {
      all.forEach((watch, rank) => stopped.includes(rank) || watch.tick(now));
      network.deliver();
    }
  };
  return { network, all, pass };
}

test('ranks that are alive are not lost', () => {
  const { all, pass } = watches(4);
  pass(1, 300);
  expect(all.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined]);
});

test('all ranks hear of one that is silent', () => {
  const { network, all, pass } = watches(4);
  pass(1, 10);
  network.cut.add(2);
  pass(11, 50);
  for (const rank of [0, 1, 3]) {
    expect(all[rank]!.error).toMatchObject({ code: 'RANK_LOST', data: { rank: 2 } });
    expect(all[rank]!.error!.message).toMatch(/^Rank 2 on host2 has given no sign of life for 3\d s/);
  }
  // It hears nobody: to it, rank 0 is lost.
  expect(all[2]!.error).toMatchObject({ code: 'RANK_LOST', data: { rank: 0 } });
});

test('without rank 0, each of the others notices', () => {
  const { network, all, pass } = watches(3);
  network.cut.add(0);
  pass(1, 40);
  for (const watch of all.slice(1)) expect(watch.error).toMatchObject({ data: { rank: 0 } });
});

test('an error of one rank ends the calls of all', () => {
  const { all, pass, network } = watches(3);
  all[2]!.fail(Object.assign(new Error('They differ.'), { code: 'RANKS_DISAGREE' }) as never);
  network.deliver();
  pass(1, 2);
  for (const watch of all)
    expect(watch.error).toMatchObject({ code: 'RANKS_DISAGREE', message: 'They differ.' });
});

test('a task that was stopped as a whole goes on', () => {
  const { all, pass } = watches(3);
  pass(1, 10);
  pass(500, 520);
  expect(all.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
});

test('every rank knows when all have begun a call', () => {
  const { all, pass } = watches(3);
  all[0]!.begin(5);
  all[1]!.begin(5);
  pass(1, 10);
  // Rank 2 still computes.
  expect(all.map((watch) => watch.allBegan)).toEqual([false, false, true]);
  all[2]!.begin(5);
  pass(11, 20);
  expect(all.map((watch) => watch.allBegan)).toEqual([true, true, true]);
});

test('ranks leave when all have said goodbye', () => {
  const { all, network } = watches(3);
  all[1]!.leave();
  all[0]!.leave();
  network.deliver();
  expect(all.map(({ left }) => left)).toEqual([false, false, false]);
  all[2]!.leave();
  network.deliver();
  expect(all.map(({ left }) => left)).toEqual([true, true, true]);
});
