import { ExampleStore } from '../examples/index.js';

/**
 * Rows whose tokens tell them apart: row r of n tokens has the ids 100·(r + 1), 100·(r + 1) + 1, …, of which all but the
 * first two are trained, with weight 1.
 */
export function encodedRows(lengths: readonly number[], name = 'memory'): ExampleStore {
  const store = new ExampleStore(name);
  lengths.forEach((length, r) => {
    const ids = Int32Array.from({ length }, (_, i) => 100 * (r + 1) + i);
    const weights = Float32Array.from({ length }, (_, i) => (i < 2 ? 0 : 1));
    store.add({ ids, weights }, { file: 'rows.jsonl', line: r + 1, contentHash: `row ${r}` });
  });
  return store;
}
