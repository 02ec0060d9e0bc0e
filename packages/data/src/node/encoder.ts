import { Worker } from 'node:worker_threads';
import { AttuneError, type ErrorCode } from '@attune/core';
import { idsAs } from '../prepare/prepare-text.js';
import type { Tokenizer, TokenizerDescription } from '../tokenizers/index.js';
import type { TokenDType } from '../tokens/index.js';

/** Texts to ids as they are stored. */
export interface Encoder {
  /** How many texts may be under way at once to keep it busy. */
  readonly depth: number;
  /** Results come in any order. */
  encode(text: string): Promise<Uint16Array | Uint32Array>;
  /** Calls that are under way are rejected. */
  close(): Promise<void>;
}

/** An encoder that works in this thread. */
export function localEncoder(tokenizer: Tokenizer, dtype: TokenDType): Encoder {
  return {
    depth: 1,
    encode: async (text) => idsAs(dtype, tokenizer.encode(text)),
    close: async () => undefined,
  };
}

/** The `workerData` of a worker: enough to make the tokenizer again. */
export interface EncodeWorkerData {
  readonly description: TokenizerDescription;
  readonly files: Readonly<Record<string, unknown>>;
  readonly dtype: TokenDType;
}

/** A worker's reply to a text. Replies come in the order of the texts. */
export type EncodeReply =
  | { readonly ids: Uint16Array | Uint32Array }
  | { readonly error: { readonly code?: ErrorCode; readonly message: string } };

/** Starts a thread that runs `encode-worker`. */
export type StartWorker = (data: EncodeWorkerData) => Worker;

const startWorker: StartWorker = (workerData) =>
  new Worker(new URL('./encode-worker.js', import.meta.url), { workerData });

interface Pending {
  resolve(ids: Uint16Array | Uint32Array): void;
  reject(error: Error): void;
}

/** An encoder of `count` threads. A text goes to the one with the fewest under way. */
export function threadedEncoder(
  tokenizer: Tokenizer,
  dtype: TokenDType,
  count: number,
  start: StartWorker = startWorker,
): Encoder {
  const data = { description: tokenizer.toJSON(), files: tokenizer.files ?? {}, dtype };
  const threads = Array.from({ length: count }, () => startThread(start(data)));
  return {
    // While a thread works on one text, the next waits for it.
    depth: 2 * count,
    encode: (text) => threads.reduce((a, b) => (b.pending.length < a.pending.length ? b : a)).encode(text),
    close: async () => {
      await Promise.all(threads.map(({ close }) => close()));
    },
  };
}

function startThread(worker: Worker) {
  const pending: Pending[] = [];
  let failure: AttuneError | undefined;
  const fail = (what: string, cause?: unknown) => {
    failure ??= new AttuneError('INTERRUPTED', `A thread that encodes text ${what}.`, {
      fix: 'Prepare with fewer workers if memory is short.',
      cause,
    });
    for (const { reject } of pending.splice(0)) reject(failure);
  };
  worker.on('message', (reply: EncodeReply) => {
    const { resolve, reject } = pending.shift()!;
    if ('ids' in reply) return resolve(reply.ids);
    const { code, message } = reply.error;
    return reject(code ? new AttuneError(code, message) : new Error(message));
  });
  worker.on('error', (error: unknown) => fail('failed', error));
  worker.on('exit', () => fail('ended'));
  return {
    pending,
    encode: (text: string) =>
      new Promise<Uint16Array | Uint32Array>((resolve, reject) => {
        if (failure) return reject(failure);
        pending.push({ resolve, reject });
        return worker.postMessage(text);
      }),
    async close() {
      await worker.terminate();
    },
  };
}
