/**
 * Trains a small GPT on a text, saves it as a Hugging Face folder, opens that folder again and generates from it:
 *
 *     npm start                             # the stories of @attune/demo-data
 *     npm start -- book.txt --steps 500
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createBackend, type Backend } from '@attune/core';
import { evaluationWindows, memoryTokens, prepareText, tokenDataset, tokenizerFiles } from '@attune/data';
import { openTokenizer } from '@attune/data/node';
import { storyCorpus } from '@attune/demo-data';
import { isClassifierConfig, readTensors } from '@attune/formats';
import { readModelFolder, writeModelFolder } from '@attune/formats/node';
import { adamW, cosine, crossEntropy, gpt2, languageModel } from '@attune/nn';
import { allocateParameters, createGenerator, Trainer } from '@attune/train';

const { values, positionals } = parseArgs({
  options: {
    steps: { type: 'string', default: '300' },
    out: { type: 'string', default: 'model' },
    prompt: { type: 'string', default: 'Once there was' },
  },
  allowPositionals: true,
});

/** Trains on a text and writes the model into a folder. */
async function train(backend: Backend, text: string, steps: number, folder: string): Promise<void> {
  const { tokenizer, train, val } = await prepareText(text, { tokenizer: 'bpe', bpe: { vocabSize: 512 } });
  const sizes = { batchSize: 12, blockSize: 64 };
  const model = gpt2({ nLayer: 2, nHead: 4, nEmbd: 64, blockSize: 64, vocabSize: tokenizer.vocabSize });
  const schedule = cosine({ peak: 3e-3, min: 3e-4, warmupIters: 20, decayIters: steps });
  const trainer = new Trainer({
    backend,
    model: model.train(),
    loss: crossEntropy(),
    optimizer: adamW({ learningRate: schedule }),
    data: tokenDataset(memoryTokens(train), { ...sizes, seed: 1 }),
  });

  const validation = evaluationWindows(memoryTokens(val), sizes);
  for await (const { step, loss, tokensPerSecond } of trainer.fit({ maxIters: steps })) {
    if (step % 50 !== 0 && step !== 1) continue;
    const { loss: valLoss } = await trainer.evaluate(validation, 20);
    const speed = `${Math.round(tokensPerSecond)} tokens/s`;
    console.log(`step ${step}  loss ${loss.toFixed(4)}  validation ${valLoss.toFixed(4)}  ${speed}`);
  }

  const { parameters } = await trainer.checkpoint();
  const files = await tokenizerFiles(tokenizer, tokenizer.vocabSize);
  await writeModelFolder(folder, { config: model.config, parameters, files });
  await trainer.dispose();
}

/** Opens a model's folder and continues a prompt. */
async function generate(backend: Backend, folder: string, prompt: string): Promise<string> {
  const { config, tensors: stored } = await readModelFolder(folder, { dropout: 0 });
  if (isClassifierConfig(config)) throw new Error(`${folder} predicts no tokens.`);
  const model = languageModel(config);
  const tensors = await readTensors(stored);
  await stored.close();
  const tokenizer = await openTokenizer(folder);
  const state = await allocateParameters(backend, model, { tensors });
  const generator = await createGenerator({ backend, model, state });
  const ids = [...tokenizer.encode(prompt)];
  for await (const id of generator.generate([...ids], { maxNewTokens: 48, temperature: 0.8, seed: 7 })) {
    ids.push(id);
  }
  generator.dispose();
  state.dispose();
  return tokenizer.decode(ids);
}

const [file] = positionals;
const text = file === undefined ? storyCorpus() : await readFile(file, 'utf8');
const backend = await createBackend('auto');
console.log(`On ${backend.name}: ${backend.device.description}`);
await train(backend, text, Number(values.steps), values.out);
console.log(await generate(backend, values.out, values.prompt));
await backend.dispose();
