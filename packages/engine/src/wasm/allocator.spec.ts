import { Allocator } from './allocator.js';

const limited = (maximum: number) => (end: number) => Math.min(end, maximum);

it('gives out aligned stretches and takes the smallest that fits', () => {
  const allocator = new Allocator(100, 10_000, limited(10_000));
  const [a, , c] = [640, 64, 128, 64].map((bytes) => allocator.allocate(bytes)!.address);
  expect(a).toBe(128);
  allocator.release(a!, 640);
  allocator.release(c!, 128);
  expect(allocator.allocate(100)!.address).toBe(c);
});

it('says which part of a stretch was used before', () => {
  const allocator = new Allocator(0, 1024, limited(1024));
  const { address, used } = allocator.allocate(128)!;
  expect(used).toBe(0);
  allocator.release(address, 128);
  expect(allocator.allocate(256)).toEqual({ address, used: 128 });
});

it('grows in steps, and says when there is no room', () => {
  const ends: number[] = [];
  const allocator = new Allocator(0, 1024, (end) => {
    ends.push(end);
    return Math.min(end, 6 << 20);
  });
  expect(allocator.allocate(2048)).toBeDefined();
  expect(ends).toEqual([1024 + (4 << 20)]);
  expect(allocator.allocate(16 << 20)).toBeUndefined();
  // What is left is still there.
  expect(allocator.allocate(5 << 20)).toBeDefined();
});

it('joins what is free: ten thousand cycles leave one piece', () => {
  const allocator = new Allocator(0, 1 << 20, limited(64 << 20));
  let seed = 1;
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const held: { address: number; bytes: number }[] = [];
  const release = (index: number) => {
    const [{ address, bytes }] = held.splice(index, 1) as [{ address: number; bytes: number }];
    allocator.release(address, bytes);
  };
  for (let cycle = 0; cycle < 10_000; cycle++) {
    const bytes = random(200_000);
    held.push({ address: allocator.allocate(bytes)!.address, bytes });
    if (held.length > 50) release(random(held.length));
  }
  while (held.length > 0) release(random(held.length));
  expect(allocator.pieces).toBe(1);
});
