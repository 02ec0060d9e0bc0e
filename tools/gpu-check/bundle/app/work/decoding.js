import { gpt2 } from '@attune/nn';
import { allocateParameters, createDecoder } from '@attune/train';
import { decodedWeights } from './decoded-weights.js';
import { openBackend } from './devices.js';

/** The decoding in progress: a process has one. */
let opened;

/** Makes a model and a decoder for one text, and decodes a few tokens, which compiles. */
export async function openDecoding({ device, config, prompt, tokens }) {
  const backend = await openBackend(device);
  const model = gpt2({ ...config, dropout: 0 });
  const state = await allocateParameters(backend, model, { tensors: decodedWeights(model) });
  const decoder = await createDecoder({
    ...{ backend, model, state },
    rows: 1,
    contextLength: prompt.length + tokens,
  });
  opened = { decoder, prompt };
  await decodeTokens({ count: 3 });
  return { backendBytes: backend.memory().bytes };
}

/** The index of the largest value, the first of equals, as PyTorch's. */
function argmax(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/**
 * Continues the prompt by some tokens, each the likeliest; the first comes with the prompt. Tells the time of each, so that a
 * decoding that is cut leaves some.
 */
export async function decodeTokens({ count }, tell = () => undefined) {
  const { decoder, prompt } = opened;
  decoder.forget();
  const text = { row: 0, tokens: [...prompt] };
  const next = async () => {
    const begin = performance.now();
    const [logits] = await decoder.next([text]);
    text.tokens.push(argmax(logits));
    return performance.now() - begin;
  };
  const promptMs = await next();
  tell({ promptMs });
  const tokenMs = [];
  while (tokenMs.length < count - 1) {
    tokenMs.push(await next());
    tell({ tokenMs: tokenMs.at(-1) });
  }
  return { promptMs, tokenMs, tokens: text.tokens.slice(prompt.length) };
}
