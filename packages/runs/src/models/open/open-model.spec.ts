import type { HostTensors } from '@attune/core';
import { createTokenizer, tokenizerFiles } from '@attune/data';
import { adapterFiles, isClassifierConfig, modelFiles, modelOf, type ModelConfig } from '@attune/formats';
import { applyLora, gpt2, initialize, mergeLora, sequenceClassifier, type LoraConfig } from '@attune/nn';
import { memoryHost, type MemoryHost } from '../../testing/memory-host.js';
import { LABELS_JSON } from '../folder/companion-files.js';
import { openAdapter } from './open-adapter.js';
import { openAnyModel, openModel, openWithText } from './open-model.js';
import { readCompanions } from './read-companions.js';

const config = gpt2({ vocabSize: 4, blockSize: 8, nLayer: 1, nHead: 1, nEmbd: 4, bias: false }).config;
const weights = initialize(modelOf(config).parameters, 1);
const LORA = { rank: 1, alpha: 2, targetModules: ['c_attn'] } as const;

let host: MemoryHost;
beforeEach(async () => {
  host = memoryHost();
  await write('base', await baseFiles());
});

async function write(name: string, files: Iterable<readonly [string, unknown]>): Promise<void> {
  const folder = host.folder(name);
  await folder.make();
  for (const [file, content] of files) {
    const isFile =
      typeof content === 'string' ||
      ArrayBuffer.isView(content) ||
      Symbol.asyncIterator in Object(content) ||
      Symbol.iterator in Object(content);
    await folder.write(file, isFile ? (content as string) : JSON.stringify(content));
  }
}

async function baseFiles(saved: ModelConfig = config, parameters: HostTensors = weights) {
  const files = await tokenizerFiles(await createTokenizer({ kind: 'char', chars: 'abcd' }), 4);
  return modelFiles({ config: saved, parameters, files });
}

/** An adapter of the base whose updates are not zero. */
function adapterOf(base: string | undefined, model = modelOf(config), lora: Partial<LoraConfig> = {}) {
  const applied = applyLora(model, { ...LORA, ...lora });
  const tensors = initialize(model.parameters, 2);
  const filled = Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype, data }]) => [
      name,
      { shape, dtype, data: Float32Array.from(data, () => 0.5) },
    ]),
  ) as HostTensors;
  const taskType = 'head' in model ? ('CAUSAL_LM' as const) : ('SEQ_CLS' as const);
  return adapterFiles({ model, lora: applied, tensors: filled, taskType, baseModel: base ?? '', files: {} });
}

describe('a model in a folder', () => {
  it('is read with its weights and its tokenizer', async () => {
    const opened = await openModel({ model: 'base' }, host);
    expect(opened).toMatchObject({ path: 'disk/base', name: 'base', config });
    expect(opened.tensors).toEqual(weights);
    expect(opened.tokenizer?.decode(Int32Array.of(0, 3))).toBe('ad');
    expect(host.warnings).toEqual([]);
  });

  it('tells people what is odd about it', async () => {
    const { source } = await openModel({ model: 'base' }, host);
    await write('base', [['config.json', { ...source, unheard_of: 1 }]]);
    await openModel({ model: 'base' }, host);
    expect(host.warnings).toEqual([expect.stringContaining('unheard_of')]);
  });

  it('has the files beside its weights when it is written again', async () => {
    const opened = await openModel({ model: 'base' }, host);
    const { files } = await readCompanions(opened, host);
    expect(Object.keys(files).sort()).toEqual(['meta.json', 'tokenizer.json', 'tokenizer_config.json']);
  });

  it('that is a classifier predicts no tokens', async () => {
    const classifier = sequenceClassifier(gpt2(config), { numLabels: 2 });
    const parameters = initialize(classifier.parameters, 1);
    await write('classes', await baseFiles(classifier.config as ModelConfig, parameters));
    expect((await openAnyModel({ model: 'classes' }, host)).tensors).toEqual(parameters);
    await expect(openModel({ model: 'classes' }, host)).rejects.toMatchObject({
      code: 'UNSUPPORTED_MODEL',
      message: expect.stringContaining('disk/classes holds a classifier'),
    });
  });
});

describe('an adapter', () => {
  beforeEach(() => write('adapter', adapterOf('base')));

  it('is laid over the model that it names, or that is named', async () => {
    const alone = await openModel({ model: 'adapter' }, host);
    expect(alone).toMatchObject({ path: 'disk/adapter', name: 'adapter', adapter: 'disk/adapter' });
    expect(alone.textFolders.map(({ name }) => name)).toEqual(['disk/adapter', 'disk/base']);
    expect(alone.tokenizer?.name).toBe('char');
    const added = await openModel({ model: 'base', adapter: 'adapter' }, host);
    expect(added).toMatchObject({ path: 'disk/base', name: 'base', adapter: 'disk/adapter' });
    expect(added.tensors).toEqual(alone.tensors);
    const changed = Object.keys(weights).filter(
      (name) => JSON.stringify(added.tensors[name]) !== JSON.stringify(weights[name]),
    );
    expect(changed).toEqual([expect.stringContaining('c_attn.weight')]);
  });

  it('is read beside its base, of which it repeats nothing', async () => {
    const base = await openModel({ model: 'base' }, host);
    const { model, tensors, text } = await openAdapter(base, 'adapter', host);
    expect(Object.keys(tensors).every((name) => name.includes('.lora_'))).toBe(true);
    const merged = await openModel({ model: 'base', adapter: 'adapter' }, host);
    expect(mergeLora(model, { ...base.tensors, ...tensors })).toEqual(merged.tensors);
    expect(text.tokenizer.name).toBe('char');
    await text.close();
  });

  it('of a classifier brings its head and the names of its classes', async () => {
    const classifier = sequenceClassifier(gpt2(config), { numLabels: 3 });
    const files = adapterOf('base', classifier, { modulesToSave: ['score'] });
    await write('classes', [...files, [LABELS_JSON, { labels: ['x', 'y', 'z'] }]]);
    const opened = await openAnyModel({ model: 'classes' }, host);
    expect(isClassifierConfig(opened.config) && opened.config.labels).toEqual(['x', 'y', 'z']);
    expect(opened.tensors['score.weight']!.data.every((value) => value === 0.5)).toBe(true);
  });

  it('whose base is not here says which it is', async () => {
    await write('adapter', adapterOf('hub/far-away'));
    await expect(openModel({ model: 'adapter' }, host)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining(
        'The adapter in disk/adapter was trained on hub/far-away, and there is no such folder here.',
      ),
    });
    await write('adapter', [['adapter_config.json', { r: 1 }]]);
    await expect(openModel({ model: 'adapter' }, host)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining(
        'The adapter in disk/adapter does not say which model it was trained on.',
      ),
    });
  });

  it.each([
    ['names itself', 'adapter', undefined],
    ['is added to an adapter', 'base', 'adapter'],
  ])('that %s is refused', async (_, base, adapter) => {
    await write('adapter', adapterOf(base));
    await expect(openModel({ model: 'adapter', adapter }, host)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(
        'disk/adapter is an adapter, and so is ' + (adapter ?? 'disk/adapter') + '.',
      ),
    });
  });
});

describe('the text of a model', () => {
  it('has the template and the ends of the first folder that says them', async () => {
    await write('adapter', [
      ...adapterOf('base'),
      ['chat_template.jinja', '{{ messages[0].content }}d'],
      ['generation_config.json', { eos_token_id: 3 }],
    ]);
    const { text } = await openWithText(openModel, { model: 'adapter' }, host);
    expect(text).toMatchObject({ templateFolder: 'disk/adapter', positions: 8 });
    expect(await text.template?.render([{ role: 'user', content: 'ab' }])).toBe('abd');
    expect(await text.endIds()).toEqual([3]);
    await text.close();
  });

  it('needs a tokenizer, and says where it was looked for', async () => {
    await write('mute', modelFiles({ config, parameters: weights, files: {} }));
    await expect(openWithText(openModel, { model: 'mute' }, host)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining(
        'disk/mute has no tokenizer: neither a tokenizer.json nor a meta.json.',
      ),
    });
  });
});
