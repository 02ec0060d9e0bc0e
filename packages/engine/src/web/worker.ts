import type { Command, Reply } from '../wasm/protocol.js';
import { work } from '../wasm/work.js';

/** The part of a dedicated worker's global scope that is used here. */
interface WorkerScope {
  onmessage: ((event: { readonly data: Command }) => void) | null;
  postMessage(message: Reply, transfer: ArrayBuffer[]): void;
}

/** A worker of the engine in a browser. */
const scope = globalThis as unknown as WorkerScope;
const take = work((message, transfer = []) => scope.postMessage(message, transfer));
scope.onmessage = ({ data }) => take(data);
