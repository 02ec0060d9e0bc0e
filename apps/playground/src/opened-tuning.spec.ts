import { join } from 'node:path';
import { requireChromium } from '@attune/browser-harness';
import { forge, forgeJson, forgeSettings, packRun, withHeader, type RunFiles } from './testing/forged-run.js';
import type { ModelsPage } from './testing/models-page.js';
import { expectRefusal, openTuning, type OpenTuning } from './testing/open-tuning.js';
import { PlaygroundPage } from './testing/playground-page.js';
import {
  expectSame,
  filesIn,
  fixture,
  lossesOf,
  rows,
  run,
  SETTINGS,
  unpack,
} from './testing/tuning-fixture.js';

const chromium = await requireChromium('opening what was fine-tuned in the playground', { test });

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** Changes a file of an archive by the end of its path, and no checksum. */
function edit(files: RunFiles, ending: string, change: (text: string) => string): RunFiles {
  const path = [...files.keys()].find((path) => path.endsWith(ending))!;
  return new Map(files).set(path, encode(change(decode(files.get(path)))));
}

const without = (files: RunFiles, part: string): RunFiles =>
  new Map([...files].filter(([path]) => !path.includes(part)));

const setting = (values: object) => (files: RunFiles) => forgeSettings(files, values);

const LORA_A = 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight';
const HUGE = { dtype: 'F32', shape: [2 ** 30, 2 ** 20], data_offsets: [0, 2 ** 52] };

type Refused = readonly [name: string, make: (files: RunFiles) => RunFiles, message: RegExp];

/** Changes to an honest run, and what the page has to say of each. */
const refusedRuns: readonly Refused[] = [
  [
    'a name outside of the archive',
    (files) => new Map(files).set('../evil', Uint8Array.of(1)),
    /outside of itself/,
  ],
  [
    'a checksum that is not its own',
    (files) => edit(files, '/optimizer.safetensors', (text) => text.slice(0, -1)),
    /not as it was written/,
  ],
  [
    'an adapter that is larger than its file',
    (files) =>
      forge(files, 'adapter_model.safetensors', (content) =>
        withHeader(content, (header) => ({ ...header, [LORA_A]: HUGE })),
      ),
    /safetensors/,
  ],
  [
    'an adapter of rank a thousand million',
    (files) => forgeJson(files, 'adapter_config.json', (config) => ({ ...config, r: 1e9 })),
    /lora_A|rank|memory/,
  ],
  ['a method that the page has not', setting({ method: 'full' }), /its method is full/],
  ['rows elsewhere', setting({ data: '../../etc/passwd' }), /its rows are in \.\.\/\.\.\/etc\/passwd/],
  ['an adapter elsewhere', setting({ adapter: '/etc' }), /it continues the adapter in \/etc/],
  ['another model', setting({ model: 'someone/else' }), /someone\/else is not the model that is open/],
  ['a package as its backend', setting({ backend: 'evil-backend' }), /evil-backend/],
  ['a batch of a million rows', setting({ batchSize: 1_000_000 }), /rows per step.*at most 4096/],
  ['a setting that is none', setting({ batchsize: 4 }), /"batchsize" is not a setting/],
  ['settings that are none', (files) => forgeSettings(files, null), /its settings are null/],
  [
    'other rows',
    (files) => edit(files, 'train.jsonl', (text) => text.replace('red', 'RED')),
    /training data is not that/,
  ],
  ['rows that are none', (files) => edit(files, 'train.jsonl', () => '{"text":'), /[Ll]ine 1/],
  [
    'another base',
    (files) => edit(files, 'run/run.json', (text) => text.replace(/("base": ")[^"]{9}/, '$1000000000')),
    /not those that the run began with/,
  ],
  [
    'a step that is not that of its folder',
    (files) => forgeJson(files, 'trainer_state.json', (state) => ({ ...state, step: 10 ** 12 })),
    /is of step 1000000000000/,
  ],
  ['no checkpoint', (files) => without(files, '/checkpoints/'), /has no checkpoint/],
];

/** Changes to an honest adapter, and what the page has to say of each. */
const refusedAdapters: readonly Refused[] = [
  ['that leaves its folder', (files) => new Map(files).set('../evil', Uint8Array.of(1)), /outside of itself/],
  ['without its weights', (files) => without(files, '.safetensors'), /has no adapter_model\.safetensors/],
  ['that is a model', () => new Map([['m/config.json', encode('{}')]]), /has no adapter_config\.json/],
  [
    'of another model',
    (files) => edit(files, 'adapter_config.json', (text) => text.replaceAll('q_proj', 'c_attn')),
    /is not one for this model: .*q_proj.*unexpected/,
  ],
  [
    'of a rank that its weights have not',
    (files) => edit(files, 'adapter_config.json', (text) => text.replace(/"r": \d+/, '"r": 16')),
    /lora_A\.weight is .*8.*16.* instead of/,
  ],
  [
    'of another kind',
    (files) => edit(files, 'adapter_config.json', (text) => text.replace('"LORA"', '"IA3"')),
    /IA3/,
  ],
  [
    'whose settings are no JSON',
    (files) => edit(files, 'adapter_config.json', () => '['.repeat(1e5)),
    /JSON/,
  ],
];

(chromium === undefined ? describe.skip : describe)('what was fine-tuned is opened again', () => {
  let tuning: OpenTuning;
  let folder: string;
  let page: ModelsPage;
  let shown: PlaygroundPage['page'];
  /** The run as it was downloaded from the page, and the losses of the whole of it. */
  let honest: RunFiles;
  let expected: number[];

  beforeAll(async () => {
    tuning = await openTuning(chromium!);
    ({ folder, page } = tuning);
    shown = page.playground.page;
    await page.openFolder(join(fixture, 'model'));
    await page.phase('ready');
    await page.fill(SETTINGS, rows);
    await page.pressAndStopAfter(6);
    honest = (await page.download('run')).files;
    await unpack(honest, folder);
    const place = join(folder, 'attune-finetune');
    await run(place, ['finetune', '--config', 'run/config.yaml', '--out', 'whole', '--backend', 'wasm']);
    expected = await lossesOf(join(place, 'whole'));
    await page.closeModel();
  });
  afterAll(() => tuning?.close());
  afterEach(() => expect(PlaygroundPage.takeComplaints()).toEqual([]));

  test.each(refusedRuns)('a run with %s is refused', async (_, make, message) => {
    await expectRefusal(
      page,
      await page.openArchive('run.zip', await packRun(make(honest))),
      message,
      'no-model',
    );
  });

  test('a run is shown with the rows that it is trained on, whatever lies beside them', async () => {
    const forged = edit(honest, 'pasted.txt', () => 'Q: <b>Who?</b>\nA: Nobody.');
    await page.openArchive('attune-finetune.zip', await packRun(forged));
    await page.phase('saved');
    const [first] = (await shown.inputValue('#tune-rows')).split('\n').filter(Boolean);
    expect(JSON.parse(first!)).toMatchObject({
      messages: [{ content: 'Tom has a red ball. What does Tom have?' }, { content: 'A red ball.' }],
    });
    await page.closeModel();
  });

  test('a run goes on in the page as it would have where it was taken from', async () => {
    await page.openArchive('attune-finetune.zip', await packRun(honest));
    await page.phase('saved');
    expect(await shown.inputValue('#tune-rows')).toBe(rows);
    expect(await shown.inputValue('#tune-epochs')).toBe('8');
    await shown.reload();
    await page.phase('saved');
    await page.press();
    await page.phase('finished');
    await unpack((await page.download('run')).files, join(folder, 'again'));
    expectSame(await lossesOf(join(folder, 'again', 'attune-finetune', 'run')), expected);
    await page.closeModel();
  });

  describe('an adapter of the command line', () => {
    let adapter: RunFiles;
    const place = () => join(folder, 'attune-finetune');
    beforeAll(async () => {
      adapter = await filesIn(join(place(), 'whole', 'final'), 'whole/final');
      await page.drop('#model-drop', join(fixture, 'model'));
      await page.phase('ready');
    });

    test.each(refusedAdapters)('%s is refused', async (_, make, message) => {
      await expectRefusal(
        page,
        await page.openTuned('a.zip', await packRun(make(adapter))),
        message,
        'ready',
      );
    });

    test('answers as `attune chat` does with it', async () => {
      const zip = await packRun(adapter);
      expect(await page.openTuned('whole.zip', zip)).toMatch(
        /^with the adapter whole of rank 8, which fine-tuning trains further\.\s*$/,
      );
      await shown.click('#close-adapter');
      // The folder of its run, of which the finished adapter is taken.
      await page.drop('#adapter-drop', join(place(), 'whole'));
      await shown.locator('#adapter-about:visible', { hasText: 'whole of rank 8' }).waitFor();
      await page.show('chat');
      const question = 'Tom has a red hat. What does Tom have?';
      const said = await page.say(question, { temperature: '0', length: '12' });
      const model = ['--model', join(fixture, 'model'), '--adapter', 'whole/final', '--backend', 'wasm'];
      const options = ['--temperature', '0', '--max-new-tokens', '12'];
      const expected = (await run(place(), ['chat', ...model, ...options], `${question}\n`)).trim();
      expect(said.replaceAll(/\s+/g, ' ')).toContain(expected.replaceAll(/\s+/g, ' '));
      await page.show('finetune');
    });

    test('is trained further, there after a reload, and removed', async () => {
      await page.reload('ready');
      expect(await shown.innerText('#adapter-about')).toContain('whole');
      expect(await shown.isDisabled('#tune-loraRank')).toBe(true);
      await page.fill({ epochs: 1, batchSize: 4, learningRate: 1e-4, sampleTokens: 4 }, rows);
      await page.press();
      await page.phase('finished');
      // It begins where the adapter was left.
      const { files } = await page.download('run');
      await unpack(files, join(folder, 'further'));
      const [first] = await lossesOf(join(folder, 'further', 'attune-finetune', 'run'));
      expect(Math.abs(first! - expected.at(-1)!)).toBeLessThan(0.5);
      expect(first!).toBeLessThan(expected[0]! - 0.5);
      // Such a run goes on elsewhere, too: its first adapter is with it.
      await page.closeModel();
      await page.openArchive('further.zip', await packRun(files));
      await page.phase('finished');
      shown.once('dialog', (dialog) => void dialog.accept());
      await shown.click('#tune-discard');
      await page.phase('ready');
      await shown.click('#close-adapter');
      await shown.locator('#adapter-drop').waitFor();
      expect(await shown.isDisabled('#tune-loraRank')).toBe(false);
    });
  });
});
