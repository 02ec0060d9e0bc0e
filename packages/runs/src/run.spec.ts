import { backend as reference } from '@attune/backend-reference';
import type { Backend } from '@attune/core';
import { prepareText, writeTokenFolder, type PrepareTextOptions } from '@attune/data';
import { readJson, readText } from '@attune/files';
import type { RunAudience } from './loop/observer.js';
import { resume } from './resume.js';
import { start } from './start.js';
import { pretrain } from './tasks/pretrain/pretrain.js';
import { memoryRunHost, stoppingAfter } from './testing/memory-host.js';
import { verify } from './verify.js';

const TEXT = 'the cat sat on the mat. the dog sat on the log. '.repeat(20);
const SETTINGS = {
  ...{ data: 'data', backend: 'reference', maxIters: 4, batchSize: 2, blockSize: 8 },
  ...{ nLayer: 1, nHead: 1, nEmbd: 4, evalInterval: 0, checkpointInterval: 2, sampleTokens: 0 },
};

let backend: Backend;
beforeAll(async () => void (backend = await reference.create({})));
afterAll(() => backend.dispose());

async function hostWith(options?: PrepareTextOptions, memory?: number) {
  const host = memoryRunHost(backend, memory);
  if (options) await writeTokenFolder(host.folder('data'), await prepareText(TEXT, options));
  return host;
}

type Host = Awaited<ReturnType<typeof hostWith>>;

const begin = (host: Host, out: string, given: object = {}, last?: number) => {
  const config = pretrain.config({ ...SETTINGS, ...given });
  const audience = stoppingAfter(last);
  return start(pretrain, { config, out, overwrite: false }, host, audience).then(() => audience.losses);
};

const filesOf = async (host: Host, path: string) => {
  const folder = host.folder(path);
  const names = [...(await folder.list())!].sort();
  return Promise.all(names.map(async (name) => [name, await folder.sha256(name)] as const));
};

/** A vocabulary that marks the end of a text. */
const END = { tokenizer: 'bpe', bpe: { vocabSize: 270, specialTokens: ['<|endoftext|>'] } } as const;
const TOKENIZERS: readonly [string, PrepareTextOptions, number | null][] = [
  ['characters', { tokenizer: 'char' }, null],
  ['a vocabulary with an end of texts', END, 0],
];

describe.each(TOKENIZERS)('a run in memory on %s', (_, options, end) => {
  it('comes out the same, file by file, whether or not it was stopped, and as its log says', async () => {
    const host = await hostWith(options);
    const losses = await begin(host, 'whole');
    expect(losses).toHaveLength(4);
    await expect(begin(host, 'stopped', {}, 3)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const audience = stoppingAfter();
    await resume(pretrain, { run: 'stopped', given: {} }, host, audience);
    expect(audience.losses).toEqual(losses.slice(3));
    expect(await filesOf(host, 'stopped/final')).toEqual(await filesOf(host, 'whole/final'));
    expect(await verify(pretrain, { run: 'stopped', steps: 2 }, host)).toMatchObject({
      agrees: true,
      maxLossDifference: 0,
      checkpoint: 'disk/stopped/checkpoints/step-2',
    });
  });

  it('says at which token texts end, if the tokenizer does', async () => {
    const host = await hostWith(options);
    await begin(host, 'run', { maxIters: 1 });
    const generation = await readJson(host.folder('run/final'), 'generation_config.json');
    expect(generation).toMatchObject({ eos_token_id: end });
  });
});

test('a run that names no data makes its own, in its folder', async () => {
  const host = await hostWith();
  await begin(host, 'run', { data: undefined, maxIters: 1 });
  expect(await host.folder('run').list()).toEqual(expect.arrayContaining(['data', 'final', 'config.yaml']));
  expect(await readText(host.folder('run'), 'config.yaml')).toContain('\nmaxIters: 1\n');
});

test('an audience may ask for checkpoints, and hears a sample as it grows', async () => {
  const host = await hostWith({ tokenizer: 'char' });
  const { observer, ...audience } = stoppingAfter();
  let [step, heard, written, drawn] = [0, '', 0, ''];
  const watching: RunAudience = {
    ...audience,
    wantsCheckpoint: () => step === 1,
    observer: {
      ...observer,
      step: (observed) => {
        step = observed.record.step;
        observer.step(observed);
      },
      sampling: (piece) => void (heard += piece),
      sampled: ({ text }) => void (drawn = text),
      checkpoint: () => void written++,
    },
  };
  const config = pretrain.config({ ...SETTINGS, keepCheckpoints: 0, sampleTokens: 5 });
  await start(pretrain, { config, out: 'run', overwrite: false }, host, watching);
  expect(await host.folder('run/checkpoints').list()).toEqual(['step-1', 'step-2', 'best', 'step-4']);
  expect(written).toBe(4);
  expect(heard).toHaveLength(5);
  expect(heard.trim()).toBe(drawn);
});

describe('the memory that a run takes', () => {
  const options = { tokenizer: 'char' } as const;

  it('is added up once, before the folder is touched', async () => {
    const host = await hostWith(options);
    await begin(host, 'run', { maxIters: 1 });
    expect(host.asked).toBe(1);
    const small = await hostWith(options, 1000);
    await expect(begin(small, 'run')).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    expect(await small.folder('run').list()).toBeUndefined();
  });

  it('is added up when a run goes on, before its log or a checkpoint is changed', async () => {
    const host = await hostWith(options);
    await expect(begin(host, 'run', {}, 1)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const log = await readText(host.folder('run'), 'metrics.jsonl');
    const small = { ...host, memoryOf: () => 1000 };
    const going = resume(pretrain, { run: 'run', given: {} }, small, stoppingAfter());
    await expect(going).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    expect(await readText(host.folder('run'), 'metrics.jsonl')).toBe(log);
  });
});
