import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { requireChromium } from '@attune/browser-harness';
import { packRun } from './testing/forged-run.js';
import type { ModelsPage } from './testing/models-page.js';
import { expectRefusal, openTuning, type OpenTuning } from './testing/open-tuning.js';
import { PlaygroundPage, TINY } from './testing/playground-page.js';
import { standStillAfter } from './testing/stand-still.js';
import {
  expectSame,
  fixture,
  lossesOf,
  modelFiles,
  rows,
  run,
  SETTINGS,
  unpack,
} from './testing/tuning-fixture.js';

const chromium = await requireChromium('fine-tuning in the playground', { test });

const json = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes));

(chromium === undefined ? describe.skip : describe)('fine-tuning in the playground', () => {
  let tuning: OpenTuning;
  let folder: string;
  let page: ModelsPage;
  let shown: PlaygroundPage['page'];
  beforeAll(async () => {
    tuning = await openTuning(chromium!);
    ({ folder, page } = tuning);
    shown = page.playground.page;
  });
  afterAll(() => tuning?.close());
  afterEach(() => expect(PlaygroundPage.takeComplaints()).toEqual([]));

  describe('a stranger’s model', () => {
    const forged = async (edits: Readonly<Record<string, (text: string) => string>>) => {
      const files = await modelFiles('m');
      for (const [name, edit] of Object.entries(edits)) {
        const text = new TextDecoder().decode(files.get(`m/${name}`));
        files.set(`m/${name}`, new TextEncoder().encode(edit(text)));
      }
      return packRun(files);
    };
    const config = (values: object) => (text: string) => JSON.stringify({ ...JSON.parse(text), ...values });

    test.each([
      ['of a family that is not supported', { model_type: 'mamba' }, /"mamba".*is not supported|mamba/],
      ['that is a classifier', { architectures: ['LlamaForSequenceClassification'] }, /classifier|score/i],
      ['whose weights are of another shape', { num_hidden_layers: 3 }, /layers\.2/],
      ['that is larger than its weights', { vocab_size: 2 ** 31 - 1 }, /instead of|vocab/],
    ])('%s is refused by name', async (_, values, message) => {
      const said = await page.openArchive('m.zip', await forged({ 'config.json': config(values) }));
      await expectRefusal(page, said, message, 'no-model');
    });

    test('that leaves its folder, or is only an adapter, is refused', async () => {
      const outside = new Map([['../config.json', new TextEncoder().encode('{}')]]);
      expect(await page.openArchive('out.zip', await packRun(outside))).toMatch(/outside of itself/);
      const adapter = new Map([['a/adapter_config.json', new TextEncoder().encode('{}')]]);
      expect(await page.openArchive('a.zip', await packRun(adapter))).toMatch(/is an adapter/);
      expect(await page.openArchive('no.zip', Buffer.from('no zip'))).toMatch(/no zip archive/);
    });

    test('whose template never ends is stopped, and the page stays alive', async () => {
      const template =
        '{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}';
      const opened = await page.openArchive(
        'loop.zip',
        await forged({ 'chat_template.jinja': () => template }),
      );
      expect(opened).toMatch(/has a chat template/);
      await page.fill(SETTINGS, rows);
      expect(await page.mask()).toMatch(/cannot be rendered: .*(steps|more than)/);
      await page.closeModel();
    });
  });

  describe('a model of a folder', () => {
    test('is opened and described, and nothing of it leaves the browser', async () => {
      const asked: string[] = [];
      shown.on('request', (request) => asked.push(request.url()));
      await page.openFolder(join(fixture, 'model'));
      await page.phase('ready');
      expect(await shown.innerText('#model-about')).toMatch(
        /^model\s+llama, 9,168 parameters, reads 64 tokens; has a chat template\.$/,
      );
      expect(asked.filter((url) => !url.startsWith(tuning.url))).toEqual([]);
    });

    test('shows which tokens carry loss, as text, before a step is spent', async () => {
      await page.fill(SETTINGS, `Q: <img src=x onerror=alert(1)>?\nA: No.\n\n${rows}`);
      const shownMask = await page.mask();
      expect(shownMask).toMatch(/17 rows to train on, 4 held out for validation/);
      expect(shownMask).toContain('<user><img src=x onerror=alert(1)>?</s><assistant>No.</s>');
      expect(await shown.locator('#mask img').count()).toBe(0);
      // The answer with the token that ends it, and nothing else: what `attune inspect` shows.
      const [row] = await shown.locator('#mask .rows code').all();
      expect((await row!.locator('mark').allInnerTexts()).join('')).toBe('No.</s>');
    });

    test.each([
      ['Q: Who?\nQ: When?\nA: Now.', /^Line 1 asks a question that has no answer/],
      ['Who?\tTom.\nWhen? Now.', /^Line 2 has no tab/],
      ['{"prompt":"a","completion":"b"}\n{"prompt":', /^Line 2: /],
      ['{"messages":[{"role":"user","content":"a"}]}', /^Line 1: /],
      [
        'Q: Is it ' + 'very '.repeat(80) + 'long?\nA: Yes.',
        /^Line 1: .* tokens.* Shorten it, or choose “longer rows”: truncate or drop\.$/,
      ],
    ])('names the line of row %#', async (pasted, message) => {
      await page.fill(SETTINGS, pasted);
      expect(await page.mask()).toMatch(message);
    });

    test('learns, stops where it is told to, and goes on after a reload as `attune finetune` would', async () => {
      await page.fill(SETTINGS, rows);
      await page.pressAndStopAfter(6);
      const { name, files } = await page.download('run');
      expect(name).toBe('attune-finetune.zip');
      await unpack(files, folder);

      // Until the run is there, no other can be begun in its place.
      expect(await page.reload('saved')).not.toContain('ready');
      expect(await shown.inputValue('#tune-rows')).toBe(rows);
      expect(await shown.inputValue('#tune-epochs')).toBe('8');
      await page.press();
      await page.phase('finished');
      expect(await shown.innerText('#tune-step')).toBe('32 of 32');
      expect(await shown.innerText('#tune-sample')).toMatch(/→ .*\n\s*\(expected: A \w+ \w+\.\)/);
      // Of each of the eight evaluations, those before the reload among them.
      expect(await shown.locator('#tune-earlier pre').count()).toBe(7);

      // The command line goes on with what was downloaded, and does all of it without a break.
      const place = join(folder, 'attune-finetune');
      await run(place, ['finetune', '--resume', 'run', '--backend', 'wasm']);
      const whole = ['--config', 'run/config.yaml', '--out', 'whole', '--backend', 'wasm'];
      await run(place, ['finetune', ...whole]);
      const expected = await lossesOf(join(place, 'whole'));
      expect(expected.at(-1)!).toBeLessThan(expected[0]! - 0.5);
      expectSame(await lossesOf(join(place, 'run')), expected);
      const { files: finished } = await page.download('run');
      await unpack(finished, join(folder, 'finished'));
      expectSame(await lossesOf(join(folder, 'finished', 'attune-finetune', 'run')), expected);
    });

    test('gives its adapter away as peft writes one, and itself with the adapter in its weights', async () => {
      const { name, files } = await page.download('adapter');
      expect(name).toBe('model-adapter.zip');
      expect(json(files.get('model-adapter/adapter_config.json'))).toMatchObject({
        ...{ peft_type: 'LORA', task_type: 'CAUSAL_LM', base_model_name_or_path: './model' },
        ...{ r: 8, lora_alpha: 16, target_modules: ['q_proj', 'v_proj'], bias: 'none' },
      });
      const weights = files.get('model-adapter/adapter_model.safetensors')!;
      const length = Number(new DataView(weights.buffer, weights.byteOffset).getBigUint64(0, true));
      const path = 'base_model.model.model.layers.0.self_attn.q_proj';
      expect(json(weights.subarray(8, 8 + length))).toMatchObject({
        [`${path}.lora_A.weight`]: { dtype: 'F32', shape: [8, 16] },
        [`${path}.lora_B.weight`]: { dtype: 'F32', shape: [16, 8] },
      });
      await unpack(files, folder);
      await unpack((await page.download('merged')).files, folder);

      const evaluate = async (...model: string[]) => {
        const args = [...model, '--data', join(fixture, 'rows.jsonl'), '--backend', 'wasm', '--json'];
        return (JSON.parse(await run(folder, ['evaluate', '--model', ...args])) as { loss: number }).loss;
      };
      const [base, adapted, merged] = [
        await evaluate(join(fixture, 'model')),
        await evaluate(join(fixture, 'model'), '--adapter', 'model-adapter'),
        await evaluate('model-merged'),
      ];
      expect(base).toBeCloseTo(5.7623823949501345, 4);
      expect(adapted).toBeLessThan(base - 0.2);
      expect(Math.abs(merged - adapted)).toBeLessThanOrEqual(1e-5);
    });
  });

  describe('a conversation', () => {
    const question = 'Tom has a red hat. What does Tom have?';
    const GREEDY = { temperature: '0', length: '12' };

    test('answers as `attune chat` does, with the adapter and without', async () => {
      await page.show('chat');
      const tuned = await page.say(question, GREEDY);
      const adapter = ['--adapter', 'model-adapter'];
      const model = ['--model', join(fixture, 'model')];
      const options = ['--temperature', '0', '--max-new-tokens', '12', '--backend', 'wasm'];
      const expected = (
        await run(folder, ['chat', ...model, ...adapter, ...options], `${question}\n`)
      ).trim();
      expect(tuned.replaceAll(/\s+/g, ' ')).toContain(expected.replaceAll(/\s+/g, ' '));
      await shown.check('#chat-base');
      await shown.click('#chat-clear');
      expect(await page.say(question)).not.toContain(expected);
    });

    test('is stopped, while one types the next message; and is cleared', async () => {
      await page.show('chat');
      // The model as it was opened repeats itself, and comes to no end.
      await standStillAfter(shown, 'answerPiece');
      await page.send(question, { temperature: '0', length: '8192' });
      await shown.locator('#chat-log .answer[aria-busy=true]', { hasText: /./ }).waitFor();
      await shown.fill('#chat-box', 'I type on.');
      await shown.click('#chat-send');
      await page.answered();
      expect(await shown.locator('#chat-log .answer').last().innerText()).toMatch(/tokens.*; stopped/);
      expect(await shown.inputValue('#chat-box')).toBe('I type on.');
      await shown.click('#chat-clear');
      expect(await shown.locator('#chat-log .turn').count()).toBe(0);
    });
  });

  describe('a model of the hub', () => {
    const commit = '0123456789abcdef0123456789abcdef01234567';
    const headers = { 'access-control-allow-origin': '*' };
    /** The paths that the hub was asked for. */
    const asked: string[] = [];
    let isDamaged = false;

    beforeAll(async () => {
      const files = new Map(
        [...(await modelFiles(''))].map(([path, bytes]) => [path.slice(1), Buffer.from(bytes)]),
      );
      const sha256 = createHash('sha256').update(files.get('model.safetensors')!).digest('hex');
      const siblings = [...files].map(([rfilename, bytes]) => ({
        ...{ rfilename, size: bytes.byteLength },
        ...(rfilename === 'model.safetensors' && { lfs: { sha256, size: bytes.byteLength } }),
      }));
      siblings.push({ rfilename: 'pytorch_model.bin', size: 1e12 }, { rfilename: '../evil.json', size: 1 });
      await shown.context().route('https://huggingface.co/**', async (route) => {
        const { pathname } = new URL(route.request().url());
        asked.push(pathname);
        if (pathname === '/api/models/tiny/llama/revision/main') {
          await route.fulfill({ headers, json: { sha: commit, siblings } });
          return;
        }
        const [, name] = /^\/tiny\/llama\/resolve\/[0-9a-f]{40}\/(.+)$/.exec(pathname) ?? [];
        const body = files.get(name ?? '');
        if (!body) await route.fulfill({ headers, status: 404 });
        else if (isDamaged && name === 'model.safetensors') {
          await route.fulfill({ headers, body: Buffer.from(body).fill(0, body.byteLength - 4) });
        } else await route.fulfill({ headers, body });
      });
      await page.show('finetune');
      await page.closeModel();
    });

    test('is fetched, compared with its checksum, and called by its commit', async () => {
      isDamaged = true;
      expect(await page.fetch('tiny/llama')).toMatch(/is not what the hub says it is/);
      isDamaged = false;
      expect(await page.fetch('tiny/llama')).toMatch(new RegExp(`^tiny/llama@${commit}`));
      expect(asked.filter((path) => /evil|pytorch/.test(path))).toEqual([]);
      const phases = await page.phasesDuring(async () => {
        await page.closeModel();
        expect(await page.fetch('tiny/other')).toMatch(/The hub has no public model tiny\/other/);
      });
      // From each request until the worker is done with it, nothing else can begin.
      expect(phases[0]).toBe('waiting');
      expect(phases.filter((phase) => phase !== 'waiting')).toEqual(['no-model', 'no-model']);
      expect(await page.fetch('../../etc')).toMatch(/is no model of the hub/);
    });
  });

  test('the run that was pretrained here is fine-tuned, and the characters that it does not know are named', async () => {
    await page.show('pretrain');
    const text = 'the cat sat on the mat. who sat?\nthe dog sat on the log.\n'.repeat(40);
    const file = { name: 'cats.txt', mimeType: 'text/plain', buffer: Buffer.from(text) };
    await shown.setInputFiles('#file', file);
    await page.playground.start('wasm', { ...TINY, blockSize: 32, maxIters: 6, evalInterval: 6 });
    await page.playground.phase('finished');
    await page.show('finetune');
    if (await shown.isVisible('#close-model')) await page.closeModel();
    // However often one presses, it is taken once.
    await shown.locator('#open-pretrained').evaluate((button: HTMLElement) => {
      for (let i = 0; i < 3; i++) button.click();
    });
    await page.phase('ready');
    expect(await shown.isHidden('#tune-message')).toBe(true);
    expect(await shown.innerText('#model-about')).toMatch(/^pretrained\s+gpt2, .*has no chat template/);
    await page.fill({ ...SETTINGS, epochs: 2 }, 'who?\tcat.\nwhen?\tjetzt.');
    expect(await page.mask()).toMatch(/Line 2: .*character/);
    await page.fill({ ...SETTINGS, epochs: 2, validationFraction: 0 }, 'who?\tcat.\nwho sat?\tthe dog.');
    await page.press();
    await page.phase('finished');
    await page.show('chat');
    // Without a template it continues the message, after a line feed and up to the next.
    const answer = await page.say('who?', { temperature: '0', length: '20' });
    expect(answer.split('\n').length).toBeLessThanOrEqual(3);
    expect(answer).toMatch(/tokens/);
  });

  describe('what cannot be now is refused, and no run is lost by it', () => {
    const refusal = async () => {
      const message = shown.locator('#tune-message[data-kind=error]:visible');
      await message.waitFor();
      return message.innerText();
    };
    const ENDLESS = { maxIters: 1e6, evalInterval: 1e6, checkpointInterval: 1e6 };

    test('a new run on rows that cannot be read', async () => {
      await page.show('finetune');
      await page.fill(SETTINGS, 'who?\tjetzt.');
      shown.once('dialog', (dialog) => void dialog.accept());
      await page.press();
      expect(await refusal()).toMatch(/^Line 1: .*character/);
      await page.phase('finished');
    });

    test('a second download while one is being packed', async () => {
      const names: string[] = [];
      shown.on('download', (download) => names.push(download.suggestedFilename()));
      const first = shown.waitForEvent('download');
      await shown.evaluate(() => {
        for (const part of ['adapter', 'merged', 'run'])
          document.getElementById(`tune-download-${part}`)!.click();
      });
      await first;
      await shown.locator('#tune-download-run:not([aria-disabled])').waitFor();
      await page.download('run');
      expect(names).toEqual(['pretrained-adapter.zip', 'attune-finetune.zip']);
    });

    test('writing with the pretrained model while another is fine-tuned', async () => {
      await page.fill({ ...SETTINGS, epochs: 10_000, validationFraction: 0 }, 'who?\tcat.');
      shown.once('dialog', (dialog) => void dialog.accept());
      await page.press();
      await page.phase('running');
      await page.show('pretrain');
      await shown.click('#write');
      await shown.getByText('A model is being fine-tuned in this tab.').waitFor();
      expect(await shown.innerText('#write')).toBe('Write');
      await page.show('finetune');
      await page.press();
      await page.phase('saved');
    });

    test('opening another model while one is pretrained', async () => {
      await page.show('pretrain');
      await page.playground.discard();
      await page.playground.start('wasm', { ...TINY, ...ENDLESS });
      await page.playground.reachStep(1);
      await page.show('finetune');
      shown.once('dialog', (dialog) => void dialog.accept());
      await shown.click('#close-model');
      expect(await refusal()).toMatch(/^A model is being trained in this tab/);
      await page.phase('saved');
      await page.show('pretrain');
      await page.playground.press();
      await page.playground.phase('saved');
    });

    test('a new run that does not fit in memory', async () => {
      await page.show('finetune');
      if (await shown.isVisible('#close-model')) await page.closeModel();
      const files = await modelFiles('m');
      const config = { ...json(files.get('m/config.json')), max_position_embeddings: 2048 };
      files.delete('m/chat_template.jinja');
      files.set('m/config.json', Buffer.from(JSON.stringify(config)));
      await page.openArchive('long.zip', await packRun(files));
      const settings = { ...SETTINGS, epochs: 1, validationFraction: 0 };
      await page.fill(settings, 'Who?\tTom.');
      await page.press();
      await page.phase('finished');
      // As wide as its longest row, a batch of so many takes more than WebAssembly can have.
      const long = `${'a\tb\n'.repeat(2000)}${'Who? '.repeat(400)}\tTom.`;
      await page.fill({ ...settings, batchSize: 4096 }, '');
      // Typing so many lines takes half a minute.
      await shown.locator('#tune-rows').evaluate((box, text) => {
        (box as HTMLTextAreaElement).value = text;
        box.dispatchEvent(new Event('input', { bubbles: true }));
      }, long);
      shown.once('dialog', (dialog) => void dialog.accept());
      await page.press();
      expect(await refusal()).toMatch(/^Training takes at least .*memory/);
      await page.reload('finished');
      expect(await shown.innerText('#tune-step')).toBe('1 of 1');
      expect(await shown.inputValue('#tune-rows')).toBe('Who?\tTom.');
    });
  });
});
