import { parentPort } from 'node:worker_threads';
import type { Command } from '../wasm/protocol.js';
import { work } from '../wasm/work.js';

/** A worker of the engine in Node. */
const port = parentPort!;
const take = work((message, transfer) => port.postMessage(message, transfer));
port.on('message', (command: Command) => take(command));
