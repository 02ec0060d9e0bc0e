import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GraphBuilder, hostTensor, item, type ForwardOptions, type HostTensors } from '@attune/core';
import { backend as reference } from '@attune/backend-reference';
import {
  applyLora,
  crossEntropy,
  initialize,
  initializeParameters,
  languageModel,
  mergeLora,
  type LanguageModel,
  type LanguageModelConfig,
} from '@attune/nn';
import { readTensors } from '../safetensors/tensor-reader.js';
import { readModelFolder, readSafetensors, writeModelFolder } from '../node/index.js';
import { readAdapterFolder, writeAdapterFolder } from '../node/index.js';

const fixture = (path: string) =>
  fileURLToPath(new URL(`../../../backend-testkit/fixtures/${path}`, import.meta.url));

interface Case {
  readonly base: string;
  readonly ids: readonly (readonly number[])[];
  readonly loss: number;
}

const { cases } = JSON.parse(readFileSync(fixture('peft_heads/case.json'), 'utf8')) as {
  cases: Readonly<Record<string, Case>>;
};
const names = Object.keys(cases);

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'attune-heads-'))));
afterEach(() => rm(folder, { recursive: true }));

async function openBase(path: string) {
  const { config, tensors, source } = await readModelFolder(path, { dropout: 0 });
  const model = languageModel(config as LanguageModelConfig);
  const read = await readTensors(tensors);
  await tensors.close();
  return { model, tensors: read, source };
}

async function lossOf(
  model: LanguageModel,
  tensors: HostTensors,
  ids: Case['ids'],
  chunkTokens?: number,
  options: ForwardOptions = { mode: 'eval' },
): Promise<number> {
  const feed = (rows: readonly (readonly number[])[]) =>
    hostTensor('i32', [rows.length, rows[0]!.length], rows.flat());
  const feeds = { x: feed(ids.map((row) => row.slice(0, -1))), y: feed(ids.map((row) => row.slice(1))) };
  const g = new GraphBuilder('loss');
  const batch = { x: g.feed('x', feeds.x), y: g.feed('y', feeds.y) };
  const { numerator, count } = crossEntropy({ chunkTokens }).build(
    g,
    model.forward(g, batch, options),
    batch,
  );
  g.output('loss', g.div(numerator, count));
  const program = g.build();
  const backend = await reference.create();
  const state = await backend.allocate(program.state);
  // Tables of rotary positions are computed, not stored.
  const values = { ...initialize(model.buffers, 0), ...tensors };
  await state.write(Object.fromEntries(Object.keys(program.state).map((name) => [name, values[name]!])));
  const { loss } = await (await backend.compile(program, state)).run(feeds);
  await backend.dispose();
  return item(loss);
}

test.each(names)('%s: the loss is peft’s; merged, in a folder, it stays', async (name) => {
  const { base, ids, loss } = cases[name]!;
  const { model, tensors, source } = await openBase(fixture(`${base}/model`));
  const adapter = await readAdapterFolder(fixture(`peft_heads/${name}/adapter`), model);
  const all = adapter.over(tensors);
  expect(Math.abs((await lossOf(model, all, ids)) - loss)).toBeLessThan(1e-5);
  // peft itself goes wrong where it merges into a tied weight: what counts is what the adapter computed.
  await writeModelFolder(folder, { config: model.config, source, parameters: mergeLora(model, all) });
  const merged = await openBase(folder);
  expect(Math.abs((await lossOf(merged.model, merged.tensors, ids)) - loss)).toBeLessThan(1e-5);
});

test.each(names)('%s: written again and read, it computes the same', async (name) => {
  const { base, ids, loss } = cases[name]!;
  const { model, tensors } = await openBase(fixture(`${base}/model`));
  const read = await readAdapterFolder(fixture(`peft_heads/${name}/adapter`), model);
  await writeAdapterFolder(folder, { model, ...read, ...read.config, taskType: 'CAUSAL_LM' });
  const again = await openBase(fixture(`${base}/model`));
  const { over } = await readAdapterFolder(folder, again.model);
  expect(Math.abs((await lossOf(again.model, over(tensors), ids)) - loss)).toBeLessThan(1e-5);
});

test.each(names)(
  '%s: without the adapter it is the base model, or refused where that is lost',
  async (name) => {
    const { base, ids } = cases[name]!;
    const { model, tensors } = await openBase(fixture(`${base}/model`));
    const { config, replaced, over } = await readAdapterFolder(fixture(`peft_heads/${name}/adapter`), model);
    const reference = lossOf(model, over(tensors), ids, undefined, { mode: 'eval', adapters: false });
    if (config.lora.modulesToSave.length + Object.keys(replaced).length > 0) {
      await expect(reference).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    } else {
      const alone = await openBase(fixture(`${base}/model`));
      expect(await reference).toBe(await lossOf(alone.model, tensors, ids));
    }
  },
);

test('an embedding that is trained with its head is saved as both, and as tied where peft can tie', async () => {
  const { model, tensors: base } = await openBase(fixture('hf_gpt2_tiny/model'));
  const lora = applyLora(model, { targetModules: ['c_attn'], modulesToSave: ['wte'] });
  const tensors = { ...base, ...initializeParameters(model, 1) };
  await writeAdapterFolder(folder, { model, lora, taskType: 'CAUSAL_LM', baseModel: null, tensors });
  const config = JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as object;
  expect(config).toMatchObject({ ensure_weight_tying: true, modules_to_save: ['wte', 'lm_head'] });
  const stored = await readSafetensors(join(folder, 'adapter_model.safetensors'));
  const [embedding, head] = ['transformer.wte.weight', 'lm_head.weight'].map(
    (name) => stored[`base_model.model.${name}`],
  );
  expect(head).toEqual(embedding);
  expect(embedding).toEqual(tensors['transformer.wte.weight']);
  const again = await openBase(fixture('hf_gpt2_tiny/model'));
  await readAdapterFolder(folder, again.model);
  expect(again.model.aliases).toEqual({ 'lm_head.weight': 'transformer.wte.weight' });
});

test.each(['llama_head_adapted', 'gpt2_head_adapted'])('%s: the loss in chunks is the same', async (name) => {
  const { base, ids, loss } = cases[name]!;
  const { model, tensors } = await openBase(fixture(`${base}/model`));
  const { over } = await readAdapterFolder(fixture(`peft_heads/${name}/adapter`), model);
  expect(Math.abs((await lossOf(model, over(tensors), ids, 4)) - loss)).toBeLessThan(1e-5);
});
