import { backend as wasm } from '@attune/backend-wasm';
import { createBackend, type Backend } from '@attune/core';
import type { Cell } from '../src/cell.ts';

/** WebAssembly, with threads where the page is isolated. One backend serves all cells, however often this one is run. */
const opened = createBackend([wasm]);

const backend: Cell<object, { backend: Backend }> = async ({ print }) => {
  const backend = await opened;
  print(backend.device.description);
  return { backend };
};
export default backend;
