import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createBackend } from '@attune/core';
import { openTokenizer } from '@attune/data/node';
import { readTensors } from '@attune/formats';
import { readModelFolder } from '@attune/formats/node';
import { languageModel } from '@attune/nn';
import { allocateParameters, createGenerator } from '@attune/train';

const program = fileURLToPath(new URL('../../apps/cli/bin/attune.js', import.meta.url));
const run = promisify(execFile);

/** Runs the command line as a user does. Returns what it prints; fails with what it says. */
export async function attune(...args) {
  try {
    return (await run(process.execPath, [program, ...args], { maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    throw new Error(`attune ${args.join(' ')}\n${error.stderr ?? error}`, { cause: error });
  }
}

/** The tokens of a prompt, and those that attune itself writes after it, always the most likely one. */
export async function greedyTokens(folder, prompt, count) {
  const { config, tensors: stored } = await readModelFolder(folder, { dropout: 0 });
  const tensors = await readTensors(stored);
  await stored.close();
  const tokenizer = await openTokenizer(folder);
  const model = languageModel(config);
  const backend = await createBackend('cpu');
  try {
    const state = await allocateParameters(backend, model, { tensors });
    const generator = await createGenerator({ backend, model, state });
    const begin = [...tokenizer.encode(prompt)];
    const tokens = [];
    for await (const token of generator.generate(begin, { maxNewTokens: count, temperature: 0 })) {
      tokens.push(token);
    }
    generator.dispose();
    state.dispose();
    return { prompt: begin, tokens };
  } finally {
    await backend.dispose();
  }
}

/** The tokens of a text. */
export async function encode(folder, text) {
  return [...(await openTokenizer(folder)).encode(text)];
}
