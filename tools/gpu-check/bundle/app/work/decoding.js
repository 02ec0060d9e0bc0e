import { Random } from '@attune/core';
import { gpt2 } from '@attune/nn';
import { allocateParameters, createDecoder } from '@attune/train';
import { openBackend } from './devices.js';

/**
 * Times decoding of one text, token by token, over a cache of keys and values: the model has random weights. Tells the time of
 * each token, so that a decoding that is cut leaves some.
 */
export async function decoding({ device, config, prompt, tokens }, tell) {
  const backend = await openBackend(device);
  const model = gpt2({ ...config, dropout: 0 });
  const state = await allocateParameters(backend, model, { seed: 1 });
  const random = new Random(1);
  const token = () => random.integer(model.config.vocabSize);
  const text = { row: 0, tokens: Array.from({ length: prompt }, token) };
  const decoder = await createDecoder({ backend, model, state, rows: 1, contextLength: prompt + tokens });
  const next = async () => {
    const begin = performance.now();
    await decoder.next([text]);
    return performance.now() - begin;
  };
  // Compiles.
  await next();
  decoder.forget();
  tell({ prefillMs: await next() });
  for (let i = 0; i < tokens; i++) {
    text.tokens.push(token());
    tell({ tokenMs: await next() });
  }
  return { backendBytes: backend.memory().bytes };
}
