import { readFile } from 'node:fs/promises';
import { launchChromium, requireChromium, type Browser } from '@attune/browser-harness';
import {
  filledWith,
  forge,
  forgeJson,
  forgeSettings,
  packRun,
  readRun,
  withHeader,
} from './testing/forged-run.js';
import type { RunFiles } from './testing/forged-run.js';
import { openPlayground, type OpenPlayground } from './testing/open-playground.js';
import { PlaygroundPage, TINY } from './testing/playground-page.js';

const chromium = await requireChromium('the playground with runs of strangers', { test });

const EMBEDDING = 'transformer.wte.weight';
const HUGE = { dtype: 'F32', shape: [2 ** 30, 2 ** 20], data_offsets: [0, 2 ** 52] };

/** Changes to an honest run, and what the page has to say of each. */
const refused: readonly [name: string, make: (run: RunFiles) => RunFiles, message: RegExp][] = [
  [
    'a name outside of the archive',
    (run) => new Map(run).set('../evil.json', Uint8Array.of(1)),
    /outside of itself/,
  ],
  [
    'a checksum that is not its own',
    (run) => {
      const [path] = [...run.keys()].filter((path) => path.endsWith('/model.safetensors'));
      return new Map(run).set(path!, filledWith(run.get(path!)!, EMBEDDING, 0));
    },
    /not as it was written/,
  ],
  [
    'a tensor that is larger than its file',
    (run) =>
      forge(run, 'model.safetensors', (content) =>
        withHeader(content, (header) => ({ ...header, [EMBEDDING]: HUGE })),
      ),
    /safetensors/,
  ],
  [
    'a model of a million layers',
    (run) => forgeJson(run, 'config.json', (config) => ({ ...config, n_layer: 1e6 })),
    /./,
  ],
  [
    'a width of ten million',
    (run) => forgeJson(run, 'config.json', (config) => ({ ...config, n_embd: 1e7 })),
    /./,
  ],
  [
    'settings of a million layers',
    (run) => forgeSettings(run, { nLayer: 1e6 }),
    /nLayer must be a whole number of at least 1 and at most 1024, but is 1000000/,
  ],
  [
    'settings of another model',
    (run) => forgeSettings(run, { nLayer: 2 }),
    /nLayer is 2, but 1 in its model/,
  ],
  [
    'a batch of no whole number',
    (run) => forgeSettings(run, { batchSize: 2.5 }),
    /batchSize must be a whole number .* but is 2\.5/,
  ],
  [
    'a batch that is negative',
    (run) => forgeSettings(run, { batchSize: -4 }),
    /batchSize must be .* but is -4/,
  ],
  [
    'a batch that is a text',
    (run) => forgeSettings(run, { batchSize: '<img src=x onerror=alert(1)>' }),
    /<img src=x onerror=alert\(1\)>/,
  ],
  ['a setting that is none', (run) => forgeSettings(run, { batchsize: 4 }), /"batchsize" is not a setting/],
  ['no settings', (run) => forgeSettings(run, null), /its settings are null/],
  ['no batch', (run) => forgeSettings(run, { batchSize: null }), /batchSize is missing/],
  ['settings of fine-tuning', (run) => forgeSettings(run, { method: 'lora' }), /"method" is not a setting/],
  [
    'a vocabulary of two thousand million',
    (run) => forgeJson(run, 'meta.json', (meta) => ({ ...meta, vocabSize: 2 ** 31 })),
    /another vocabulary/,
  ],
  [
    'no tokenizer',
    (run) => forgeJson(run, 'meta.json', (meta) => ({ ...meta, tokenizer: null })),
    /no tokenizer/,
  ],
  [
    'no validation data',
    (run) => forgeJson(run, 'meta.json', (meta) => ({ ...meta, valTokens: 0 })),
    /no validation data/,
  ],
  [
    'a step that is not that of its folder',
    (run) => forgeJson(run, 'trainer_state.json', (state) => ({ ...state, step: 10 ** 12 })),
    /its step is 1000000000000/,
  ],
  [
    'no word of how far it is',
    (run) =>
      forgeJson(run, 'trainer_state.json', (state) => ({
        ...state,
        run: { ...(state['run'] as object), progress: null },
      })),
    /does not say how far its run was/,
  ],
  [
    'data of another run',
    (run) => {
      const path = 'attune-run/data/train.bin';
      return new Map(run).set(
        path,
        run.get(path)!.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
      );
    },
    /training data is not that of the run/,
  ],
  [
    'a record that is none',
    (run) => new Map(run).set('attune-run/run.json', new TextEncoder().encode('{"format":1}')),
    /not the record of a run/,
  ],
  [
    'a state that is no JSON',
    (run) => {
      const path = [...run.keys()].find((path) => path.endsWith('/trainer_state.json'))!;
      return new Map(run).set(path, new TextEncoder().encode('['.repeat(1e5)));
    },
    /JSON/,
  ],
];

(chromium === undefined ? describe.skip : describe)('a run of a stranger', () => {
  let playground: OpenPlayground;
  let browser: Browser;
  let page: PlaygroundPage;
  let honest: RunFiles;
  let download: Buffer;
  beforeAll(async () => {
    playground = await openPlayground();
    browser = await launchChromium(chromium!, false);
    page = await PlaygroundPage.open(await browser.newContext(), playground.url);
    await page.start('wasm', { ...TINY, maxIters: 4, evalInterval: 2, sampleTokens: 4 });
    await page.phase('finished');
    const downloading = page.page.waitForEvent('download');
    await page.page.click('#download');
    download = await readFile((await (await downloading).path())!);
    honest = forgeSettings(await readRun(download), { maxIters: 8, lrDecayIters: 8 });
    await page.discard();
  });
  afterAll(async () => {
    await browser?.close();
    await playground?.close();
  });
  afterEach(() => expect(PlaygroundPage.takeComplaints()).toEqual([]));

  const choose = (name: string, buffer: Buffer) =>
    page.page.setInputFiles('#archive', { name, mimeType: 'application/zip', buffer });

  /** The page says so, is as it was, and finds nothing when it is loaded again. */
  async function expectRefusal(name: string, archive: Buffer, message: RegExp): Promise<void> {
    // What it said before is not what it says now.
    await page.page.evaluate(() => delete document.getElementById('message')!.dataset['kind']);
    await choose(name, archive);
    await page.page.locator('#message[data-kind=error]:visible').waitFor();
    const said = await page.text('#message');
    expect(said).toMatch(message);
    expect(said).not.toMatch(/^(Type|Range|Syntax)Error|undefined/);
    expect(said.length).toBeLessThan(2000);
    await page.phase('empty');
    expect(await page.page.isEnabled('#open')).toBe(true);
  }

  test.each(refused)('with %s is refused', async (_, make, message) => {
    await expectRefusal('run.zip', await packRun(make(honest)), message);
  });

  test('that is a bomb, or lies about its sizes, is refused', async () => {
    const zeros = new Map(honest).set('attune-run/zeros', new Uint8Array(0));
    const packed = await packRun(zeros);
    const lies = (at: number, size: number) => {
      const archive = Buffer.from(packed);
      // The last entry of the central directory is that of the zeros.
      archive.writeUInt32LE(size, archive.lastIndexOf('PK\x01\x02', undefined, 'latin1') + at);
      return archive;
    };
    await expectRefusal('bomb.zip', lies(24, 0xfffffff0), /unpack to more than/);
    await expectRefusal('lies.zip', lies(24, 1000), /should have 1000 bytes/);
    await expectRefusal('cut.zip', packed.subarray(0, packed.length - 100), /no zip archive/);
  });

  test('was kept by nobody: the page is empty when it is loaded again', async () => {
    await page.reload();
    await page.phase('empty');
    expect(await page.page.isHidden('#message')).toBe(true);
  });

  test('with a log that is none, and a sample without an end, is opened with what can be shown', async () => {
    const log = [
      'not JSON',
      '{"step":1,"loss":"<b>","tokensPerSecond":1}',
      '{"step":2,"loss":null}',
      '',
    ].join('\n');
    const files = new Map(honest)
      .set('attune-run/metrics.jsonl', new TextEncoder().encode(log))
      .set('attune-run/samples/step-4.txt', new TextEncoder().encode('<b>'.repeat(1e5)));
    await choose('<img src=x onerror=alert(1)>.zip', await packRun(files));
    await page.phase('saved');
    expect(await page.text('#file-name')).toBe('<img src=x onerror=alert(1)>.zip');
    expect(await page.text('#loss')).toBe('–');
    expect(await page.text('#samples pre')).toHaveLength(1e5);
    await page.press();
    await page.phase('finished');
    await page.discard();
  });

  test('with weights that are no numbers opens, and says so when it trains or writes', async () => {
    const files = forge(honest, 'model.safetensors', (content) => filledWith(content, EMBEDDING, NaN));
    await choose('nan.zip', await packRun(files));
    await page.phase('saved');
    await page.press();
    await page.page.locator('#message[data-kind=error]:visible').waitFor();
    expect(await page.text('#message')).toMatch(/NaN|not finite|infinite/);
    await page.phase('saved');
    expect(await page.write({ prompt: '', temperature: '1', length: '5', stop: '' })).toMatch(/NaN/);
    await page.discard();
  });

  test('with a batch that fits nowhere opens, and says so when it trains', async () => {
    await choose('batch.zip', await packRun(forgeSettings(honest, { batchSize: 1e9 })));
    await page.phase('saved');
    await page.press();
    await page.page.locator('#message[data-kind=error]:visible').waitFor();
    await page.phase('saved');
    await page.discard();
  });

  test('that is honest goes on, after all of them', async () => {
    await choose('run.zip', await packRun(honest));
    await page.phase('saved');
    await page.press();
    await page.phase('finished');
    expect(await page.text('#step')).toBe('8 of 8');
    await page.discard();
  });

  const unreadable = ['config.yaml', 'playground.json'];
  test.each(unreadable)('that was stored, and whose %s cannot be read any more, gives way', async (name) => {
    await choose('run.zip', download);
    await page.phase('finished');
    await page.page.evaluate(async (name) => {
      const run = await (await navigator.storage.getDirectory()).getDirectoryHandle('attune-run');
      const file = await (await run.getFileHandle(name)).createWritable();
      await file.write('{');
      await file.close();
    }, name);
    await page.reload();
    const message = page.page.locator('#message', { hasText: 'cannot be read, and a new one replaces it' });
    await message.waitFor();
    await page.phase('empty');
    await page.start('wasm', { ...TINY, maxIters: 2 });
    await page.phase('finished');
    await page.discard();
  });
});
