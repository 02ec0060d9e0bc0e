/**
 * One script for Node, Bun and Deno: trains a small GPT in WebAssembly, saves it, opens it again and generates.
 *
 *     node train.js
 *     bun train.js
 *     deno run --allow-read --allow-write --allow-sys=hostname train.js
 */
import process from 'node:process';
import { backend as wasm } from '@attune/backend-wasm';
import { createBackend } from '@attune/core';
import { memoryTokens, prepareText, tokenDataset, tokenizerFiles } from '@attune/data';
import { openTokenizer } from '@attune/data/node';
import { isClassifierConfig, readTensors } from '@attune/formats';
import { readModelFolder, writeModelFolder } from '@attune/formats/node';
import { adamW, crossEntropy, gpt2, languageModel } from '@attune/nn';
import { allocateParameters, createGenerator, Trainer } from '@attune/train';

const folder = process.argv[2] ?? 'model';
const text = 'the cat sat on the mat. the dog sat on the log. the bird sang to the moon. '.repeat(60);

const runtime = process.versions.bun ? 'Bun' : process.versions.deno ? 'Deno' : 'Node';
const backend = await createBackend([wasm]);
console.log(`${runtime}, on ${backend.device.description}`);

const { tokenizer, train } = await prepareText(text, { tokenizer: 'char' });
const model = gpt2({ nLayer: 2, nHead: 2, nEmbd: 32, blockSize: 32, vocabSize: tokenizer.vocabSize });
const trainer = new Trainer({
  backend,
  model: model.train(),
  loss: crossEntropy(),
  optimizer: adamW({ learningRate: 1e-2 }),
  data: tokenDataset(memoryTokens(train), { batchSize: 8, blockSize: 32, seed: 1 }),
});
for await (const { step, loss } of trainer.fit({ maxIters: 150 })) {
  if (step === 1 || step % 50 === 0) console.log(`step ${step}  loss ${loss.toFixed(4)}`);
}
const { parameters } = await trainer.checkpoint();
const files = await tokenizerFiles(tokenizer, tokenizer.vocabSize);
await writeModelFolder(folder, { config: model.config, parameters, files });
await trainer.dispose();

const { config, tensors: stored } = await readModelFolder(folder, { dropout: 0 });
if (isClassifierConfig(config)) throw new Error(`${folder} predicts no tokens.`);
const saved = languageModel(config);
const tensors = await readTensors(stored);
await stored.close();
const state = await allocateParameters(backend, saved, { tensors });
const generator = await createGenerator({ backend, model: saved, state });
const written = await openTokenizer(folder);
const ids = [...written.encode('the ')];
for await (const id of generator.generate([...ids], { maxNewTokens: 44, temperature: 0 })) ids.push(id);
console.log(written.decode(ids));
generator.dispose();
state.dispose();
await backend.dispose();
