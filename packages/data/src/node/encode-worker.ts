/** A thread of {@link threadedEncoder}: answers every text with its ids. */
import { parentPort, workerData } from 'node:worker_threads';
import { isAttuneError } from '@attune/core';
import { idsAs } from '../prepare/prepare-text.js';
import { createTokenizer } from '../tokenizers/index.js';
import type { EncodeReply, EncodeWorkerData } from './encoder.js';

const { description, files, dtype } = workerData as EncodeWorkerData;
const tokenizer = await createTokenizer(description, async (name) => files[name]);

parentPort!.on('message', (text: string) => {
  try {
    const ids = idsAs(dtype, tokenizer.encode(text));
    parentPort!.postMessage({ ids } satisfies EncodeReply, [ids.buffer as ArrayBuffer]);
  } catch (error) {
    const code = isAttuneError(error) ? error.code : undefined;
    const message = error instanceof Error ? error.message : String(error);
    parentPort!.postMessage({ error: { ...(code && { code }), message } } satisfies EncodeReply);
  }
});
