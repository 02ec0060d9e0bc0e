import { BLOCK_BYTES, ownedBlocks, sharedBlocks, type Block } from './blocks.js';

const count = (blocks: readonly Block[]) =>
  blocks.flatMap(({ pieces }) => pieces).reduce((sum, piece) => sum + piece.length, 0);

test('large parts are cut, and their blocks shared out evenly', () => {
  const blocks = sharedBlocks([new Float32Array(10_000_000)], 3);
  expect(count(blocks)).toBe(10_000_000);
  expect(Math.max(...blocks.map(({ bytes }) => bytes))).toBeLessThanOrEqual(BLOCK_BYTES);
  for (const owner of [0, 1, 2]) {
    const bytes = blocks
      .filter((block) => block.owner === owner)
      .reduce((sum, block) => sum + block.bytes, 0);
    expect(Math.abs(bytes - 40_000_000 / 3)).toBeLessThanOrEqual(BLOCK_BYTES);
  }
});

test('small neighbours of one type travel together, a few bytes in one message', () => {
  const parts = [new Float32Array(3), new Float32Array(0), new Float32Array(5), new Float64Array(2)];
  expect(sharedBlocks(parts, 4).map(({ pieces }) => pieces.map(({ length }) => length))).toEqual([
    [3, 5],
    [2],
  ]);
  expect(sharedBlocks([], 4)).toEqual([]);
});

test('a block has one owner, and lies in one place where a part is large', () => {
  const parts = [new Float32Array(3), new Float32Array(20_000), new Float32Array(4), new Float32Array(4)];
  const blocks = ownedBlocks(parts, [0, 0, 0, 1]);
  expect(blocks.map(({ owner, pieces }) => [owner, pieces.map(({ length }) => length)])).toEqual([
    [0, [3]],
    [0, [20_000]],
    [0, [4]],
    [1, [4]],
  ]);
});
