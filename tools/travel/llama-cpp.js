import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { storyCorpus } from '@attune/demo-data';
import { attune, encode, greedyTokens } from './attune.js';
import { install } from './install.js';

const VERSION = '3.22.1';
const PACKAGES = { 'node-llama-cpp': VERSION, '@node-llama-cpp/linux-x64': VERSION };

const PROMPT = 'Once there was a';
const TOKENS = 64;

/** Perplexity may be larger or smaller than that of f32 by this fraction. */
const BOUNDS = { f16: 0.001, bf16: 0.005, q8_0: 0.01 };

/** A text of the corpus's end, in windows that fit the models. */
const WINDOW = 120;
const WINDOWS = 4;

/** Texts at which tokenizers part. */
const HARD_TEXTS = [
  "I'm sure they've gone; we'll see 12345 of them!",
  '  two spaces,\ttabs \n\n and  lines \n',
  'Zürich, naïve 日本語 🐈‍⬛ — “quoted”…',
];

/** llama.cpp, on this processor, with the packages' own build of it. */
async function loadLlama(folder) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('This check runs on Linux, on x64: llama.cpp is fetched for no other system.');
  }
  await install(folder, PACKAGES);
  const entry = createRequire(join(folder, 'package.json')).resolve('node-llama-cpp');
  const { getLlama, LlamaLogLevel } = await import(pathToFileURL(entry).href);
  const quiet = { logLevel: LlamaLogLevel.error, progressLogs: false };
  return getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1, ...quiet });
}

/** Opens a GGUF file, with an adapter or without one, for one use. */
async function using(llama, { file, adapter }, use) {
  const model = await llama.loadModel({ modelPath: file });
  try {
    const context = await model.createContext({
      ...{ contextSize: 256, flashAttention: false },
      ...(adapter && { lora: { adapters: [{ filePath: adapter }] } }),
    });
    return await use(context.getSequence(), model);
  } finally {
    await model.dispose();
  }
}

/** The most likely tokens, one after the other. */
function greedy(llama, files, prompt) {
  return using(llama, files, async (sequence) => {
    const tokens = [];
    for await (const token of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
      tokens.push(token);
      if (tokens.length === TOKENS) break;
    }
    return tokens;
  });
}

/** `exp` of the mean of `−log p` over all tokens of some windows but the first of each. */
function perplexity(llama, files, windows) {
  const options = { temperature: 1, topK: 0, topP: 1, minP: 0 };
  return using(llama, files, async (sequence) => {
    let [sum, count] = [0, 0];
    for (const window of windows) {
      await sequence.clearHistory();
      const input = window
        .slice(0, -1)
        .map((token) => [token, { generateNext: { probabilities: true, options } }]);
      const output = await sequence.controlledEvaluate(input);
      for (let i = 0; i < input.length; i++) {
        sum -= Math.log(output[i].next.probabilities.get(window[i + 1]));
        count++;
      }
    }
    return Math.exp(sum / count);
  });
}

function same(a, b) {
  return a.length === b.length && a.every((token, i) => token === b[i]);
}

/** Exports a model in llama.cpp's format. Returns the folder. */
async function exportGguf(folder, name, args) {
  const out = join(folder, name);
  await attune('export', '--format', 'gguf', '--out', out, '--overwrite', ...args);
  return out;
}

async function checkFamily(llama, folder, { family, base, adapter, merged }, check) {
  const dtypes = ['f32', ...Object.keys(BOUNDS)];
  const [alone, whole, ...plain] = await Promise.all([
    exportGguf(folder, `${family}-adapter`, ['--model', adapter, '--adapter-only']),
    exportGguf(folder, `${family}-merged`, ['--model', adapter]),
    ...dtypes.map((dtype) => exportGguf(folder, `${family}-${dtype}`, ['--model', base, '--dtype', dtype])),
  ]);
  const files = Object.fromEntries(
    dtypes.map((dtype, i) => [dtype, { file: join(plain[i], `model-${dtype}.gguf`) }]),
  );
  const own = await greedyTokens(base, PROMPT, TOKENS);
  check(
    `${family}: ${TOKENS} greedy tokens of f32 are attune's`,
    same(await greedy(llama, files.f32, own.prompt), own.tokens),
  );

  const texts = await using(llama, files.f32, async (_, model) =>
    HARD_TEXTS.map((text) => model.tokenize(text, false, 'trimLeadingSpace')),
  );
  const expected = await Promise.all(HARD_TEXTS.map((text) => encode(base, text)));
  check(
    `${family}: texts become the same tokens`,
    texts.every((tokens, i) => same(tokens, expected[i])),
  );

  const tokens = (await encode(base, storyCorpus().slice(-6000))).slice(-WINDOW * WINDOWS);
  const windows = Array.from({ length: WINDOWS }, (_, i) => tokens.slice(i * WINDOW, (i + 1) * WINDOW));
  const exact = await perplexity(llama, files.f32, windows);
  for (const [dtype, bound] of Object.entries(BOUNDS)) {
    const found = await perplexity(llama, files[dtype], windows);
    const change = found / exact - 1;
    check(
      `${family}: perplexity of ${dtype} is ${found.toFixed(4)}, of f32 ${exact.toFixed(4)}: ` +
        `${(100 * change).toFixed(3)} %, at most ${100 * bound} %`,
      Math.abs(change) <= bound,
    );
  }

  const adapted = await greedy(llama, { ...files.f32, adapter: join(alone, 'adapter-f32.gguf') }, own.prompt);
  const together = await greedy(llama, { file: join(whole, 'model-f32.gguf') }, own.prompt);
  const mergedTokens = (await greedyTokens(merged, PROMPT, TOKENS)).tokens;
  check(`${family}: ${TOKENS} greedy tokens of the merged model are attune's`, same(together, mergedTokens));
  check(`${family}: with the adapter, the tokens are those of the merged model`, same(adapted, mergedTokens));
  check(`${family}: and not those of the model alone`, !same(adapted, own.tokens));
}

/**
 * Asks llama.cpp, by way of node-llama-cpp, if exported models and adapters are what attune says they are.
 *
 * @param check is told each thing that was looked at, and if it is so.
 */
export async function checkLlamaCpp(folder, models, check) {
  const llama = await loadLlama(join(folder, 'node-llama-cpp'));
  try {
    for (const model of models) await checkFamily(llama, join(folder, 'gguf'), model, check);
  } finally {
    await llama.dispose();
  }
}
