import { localCommunicators } from './local-communicators.js';

test('sums are made in the order of ranks, and every rank has them', async () => {
  const ranks = localCommunicators(3);
  const parts = [Float32Array.of(1e8, 1), Float32Array.of(1, 2), Float32Array.of(-1e8, 3)];
  await Promise.all(ranks.map((rank, i) => rank.allReduceSum([parts[i]!])));
  // In float32 the 1 is lost in 1e8: in another order it would not be.
  for (const part of parts) expect([...part]).toEqual([0, 6]);
});

test('the sums of a part go to its owner, and come back from there', async () => {
  const ranks = localCommunicators(2);
  const parts = ranks.map(() => [Float64Array.of(1, 2), Float64Array.of(3)]);
  await Promise.all(ranks.map((rank, i) => rank.reduceScatterSum(parts[i]!, [1, 0])));
  expect([...parts[1]![0]!]).toEqual([2, 4]);
  expect([...parts[0]![1]!]).toEqual([6]);
  await Promise.all(ranks.map((rank, i) => rank.allGather(parts[i]!, [1, 0])));
  for (const [first, second] of parts) expect([...first!, ...second!]).toEqual([2, 4, 6]);
});

test('broadcast hands on the bytes of one rank', async () => {
  const bytes = [Uint8Array.of(1), Uint8Array.of(2)];
  await Promise.all(localCommunicators(2).map((rank, i) => rank.broadcast(bytes[i]!, 1)));
  expect(bytes).toEqual([Uint8Array.of(2), Uint8Array.of(2)]);
});

test('ranks that ask for different things are told', async () => {
  const [first, second] = localCommunicators(2);
  const calls = [first!.barrier(), second!.allReduceSum([Float32Array.of(1)])];
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'RANKS_DISAGREE' });
});

test('a rank that gives up fails the calls of all others', async () => {
  const [first, second] = localCommunicators(2);
  const waiting = first!.barrier();
  await expect(second!.abort(3, 'no room')).rejects.toMatchObject({ code: 'RANK_LOST' });
  await expect(waiting).rejects.toThrow('Rank 1 gave up (exit code 3): no room');
  await expect(first!.barrier()).rejects.toMatchObject({ code: 'RANK_LOST' });
});

test('nothing goes on after dispose', async () => {
  const [only] = localCommunicators(1);
  await only!.dispose();
  await expect(only!.barrier()).rejects.toMatchObject({ code: 'DISPOSED' });
  expect(() => localCommunicators(0)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});
