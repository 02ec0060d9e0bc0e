import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AutoModelForCausalLM, env, Tensor as TransformersTensor } from '@huggingface/transformers';
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { attune, greedyTokens } from './attune.js';

const PROMPT = 'Once there was';
const COUNT = 64;

/** The functions of the guide that feed an adapter, word for word, for files on the disk. */
async function guideFunctions(TensorClass) {
  const guide = await readFile(new URL('../../docs/guide/export.md', import.meta.url), 'utf8');
  const [code] = /\/\*\* The matrices of an adapter[\s\S]*?(?=\nconst session)/.exec(guide);
  const buffer = async (path) => new Uint8Array(await readFile(path)).buffer;
  return new Function('Tensor', 'buffer', `${code}\nreturn { readAdapter, adapterFeeds };`)(
    TensorClass,
    buffer,
  );
}

const integers = (values) => new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);

/** The most likely tokens after a prompt, in onnxruntime-web, by the cache. */
async function onnxTokens(session, prompt, adapter) {
  const past = session.inputMetadata.filter(({ name }) => name.startsWith('past_key_values.'));
  let cache = Object.fromEntries(
    past.map(({ name, shape }) => [name, new Tensor('float32', [], [1, shape[1], 0, shape[3]])]),
  );
  const tokens = [];
  let [next, length] = [prompt, 0];
  while (tokens.length < COUNT) {
    const positions = next.map((_, i) => length + i);
    length += next.length;
    const results = await session.run({
      input_ids: integers(next),
      attention_mask: integers(Array.from({ length }, () => 1)),
      position_ids: integers(positions),
      ...cache,
      ...adapter,
    });
    const { data, dims } = results.logits;
    const last = data.subarray(data.length - dims[2]);
    tokens.push(last.reduce((best, value, token) => (value > last[best] ? token : best), 0));
    cache = Object.fromEntries(
      past.map(({ name }) => [name, results[name.replace('past_key_values', 'present')]]),
    );
    next = [tokens.at(-1)];
  }
  return tokens;
}

async function transformersTokens(folder, prompt, adapterFile) {
  const { readAdapter, adapterFeeds } = await guideFunctions(TransformersTensor);
  const model = await AutoModelForCausalLM.from_pretrained(folder);
  const input_ids = new TransformersTensor('int64', BigInt64Array.from(prompt, BigInt), [1, prompt.length]);
  const write = async (adapter) => {
    const fed = adapterFeeds(model.sessions.model, adapter);
    model.forward_params = [...model.forward_params, ...Object.keys(fed)];
    // An end of text ends nothing here, nor does it in attune's.
    const options = { do_sample: false, max_new_tokens: COUNT, min_new_tokens: COUNT, eos_token_id: -1 };
    const { data } = await model.generate({ input_ids, ...options, ...fed });
    return Array.from(data, Number).slice(prompt.length);
  };
  try {
    return [await write(), await write(await readAdapter(adapterFile)), await write()];
  } finally {
    await model.dispose();
  }
}

/** One exported model, with its adapter and without, in onnxruntime-web and in transformers.js: the tokens are attune's own. */
export async function checkOnnx(work, models, check) {
  Object.assign(env, { allowRemoteModels: false, useFSCache: false });
  const { readAdapter, adapterFeeds } = await guideFunctions(Tensor);
  for (const { family, base, adapter, merged } of models) {
    const out = join(work, `${family}-onnx`);
    await attune('export', '--model', base, '--adapter-inputs', adapter, '--out', out);
    const [alone, adapted] = [
      await greedyTokens(base, PROMPT, COUNT),
      await greedyTokens(merged, PROMPT, COUNT),
    ];
    const same = (tokens, expected) => tokens.join() === expected.tokens.join();
    check(`${family}: the adapter writes other tokens than the base`, !same(alone.tokens, adapted));
    const file = join(out, 'adapters', 'final.safetensors');
    const session = await InferenceSession.create(
      new Uint8Array(await readFile(join(out, 'onnx', 'model.onnx'))),
    );
    const [none, fed] = [adapterFeeds(session), adapterFeeds(session, await readAdapter(file))];
    for (const [name, feeds, expected] of [
      ['none', none, alone],
      ['the adapter', fed, adapted],
      ['none again', none, alone],
    ]) {
      const tokens = await onnxTokens(session, expected.prompt, feeds);
      check(
        `${family}: onnxruntime-web with ${name} writes ${COUNT} tokens of attune's`,
        same(tokens, expected),
      );
    }
    await session.release();
    const written = await transformersTokens(out, alone.prompt, file);
    check(
      `${family}: transformers.js swaps the adapter in and out, token by token as attune`,
      same(written[0], alone) && same(written[1], adapted) && same(written[2], alone),
    );
  }
}
