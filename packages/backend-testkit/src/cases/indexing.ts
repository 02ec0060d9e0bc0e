import { f32, i32Values, type OpCase } from './op-case.js';

/** Lookups and their gradient, with duplicates, and with rows that nothing names. */
export const indexingCases: readonly OpCase[] = [
  {
    name: 'gather f32[5, 3] by i32[4] with duplicates',
    inputs: { table: f32([5, 3]), indices: i32Values([4], [4, 0, 4, 4]) },
    compute: (g, { table, indices }) => g.gather(table!, indices!),
  },
  {
    name: 'gather f32[6, 4] by i32[2, 3]',
    inputs: { table: f32([6, 4]), indices: i32Values([2, 3], [0, 5, 2, 2, 1, 0]) },
    compute: (g, { table, indices }) => g.gather(table!, indices!),
  },
  {
    name: 'gather f32[7] by i32[2, 2]: rows that are numbers',
    inputs: { table: f32([7]), indices: i32Values([2, 2], [6, 0, 6, 3]) },
    compute: (g, { table, indices }) => g.gather(table!, indices!),
  },
  {
    name: 'gather f32[3, 2, 2] by i32[]: one row',
    inputs: { table: f32([3, 2, 2]), indices: i32Values([], [2]) },
    compute: (g, { table, indices }) => g.gather(table!, indices!),
  },
  {
    name: 'gather f32[1, 3] by i32[3]: a table of one row',
    inputs: { table: f32([1, 3]), indices: i32Values([3], [0, 0, 0]) },
    compute: (g, { table, indices }) => g.gather(table!, indices!),
  },
  {
    name: 'scatterAdd i32[5] f32[5, 3] into 4 rows with duplicates',
    inputs: { indices: i32Values([5], [1, 3, 1, 1, 0]), updates: f32([5, 3]) },
    compute: (g, { indices, updates }) => g.scatterAdd(indices!, updates!, 4),
  },
  {
    name: 'scatterAdd i32[2, 3] f32[2, 3, 4] into 6 rows',
    inputs: { indices: i32Values([2, 3], [5, 5, 0, 2, 5, 0]), updates: f32([2, 3, 4]) },
    compute: (g, { indices, updates }) => g.scatterAdd(indices!, updates!, 6),
  },
  {
    name: 'scatterAdd i32[4] f32[4] into 3 rows: rows that are numbers',
    inputs: { indices: i32Values([4], [2, 2, 0, 2]), updates: f32([4]) },
    compute: (g, { indices, updates }) => g.scatterAdd(indices!, updates!, 3),
  },
  {
    name: 'scatterAdd i32[] f32[2, 2] into 3 rows: one update',
    inputs: { indices: i32Values([], [1]), updates: f32([2, 2]) },
    compute: (g, { indices, updates }) => g.scatterAdd(indices!, updates!, 3),
  },
  {
    name: 'oneHot i32[2, 3] of 5, with an index outside',
    inputs: { indices: i32Values([2, 3], [0, 4, 2, 2, -100, 1]) },
    compute: (g, { indices }) => g.oneHot(indices!, 5),
  },
  {
    name: 'a table looked up twice and used as a matrix',
    inputs: { table: f32([4, 3]), i: i32Values([2], [1, 1]), j: i32Values([2], [3, 1]) },
    compute: (g, { table, i, j }) =>
      g.matmul(g.add(g.gather(table!, i!), g.gather(table!, j!)), table!, { transposeB: true }),
  },
];
