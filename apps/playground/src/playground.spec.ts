import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { launchChromium, requireChromium, type Browser } from '@attune/browser-harness';
import { main } from '@attune/cli';
import { readZipArchive, zipArchive } from '@attune/files';
import { packRun } from './testing/forged-run.js';
import { openPlayground, type OpenPlayground } from './testing/open-playground.js';
import { PlaygroundPage, TINY } from './testing/playground-page.js';

const chromium = await requireChromium('the playground', { test });

(chromium === undefined ? describe.skip : describe)('the playground', () => {
  let playground: OpenPlayground;
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    playground = await openPlayground();
    browser = await launchChromium(chromium!, true);
    folder = await mkdtemp(join(tmpdir(), 'attune-playground-run-'));
  });
  afterAll(async () => {
    await browser?.close();
    await playground?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  // Also of pages that were closed meanwhile.
  afterEach(() => expect(PlaygroundPage.takeComplaints()).toEqual([]));

  /** Something to train in, with a file system of its own. */
  async function open(): Promise<PlaygroundPage> {
    return PlaygroundPage.open(await browser.newContext(), playground.url);
  }

  describe('trains in the page', () => {
    let page: PlaygroundPage;
    /** The losses of a run that nobody interrupted. */
    let expected: Record<number, number>;

    const expectAsUninterrupted = (losses: Record<number, number>, after: number, tolerance: number) => {
      const steps = Object.keys(losses)
        .map(Number)
        .sort((a, b) => a - b);
      expect(steps).toEqual(Array.from({ length: 30 - after }, (_, i) => after + 1 + i));
      for (const step of steps)
        expect(Math.abs(losses[step]! - expected[step]!)).toBeLessThanOrEqual(tolerance);
    };

    test('the loss falls, it is evaluated, and writes', async () => {
      page = await open();
      await page.start('wasm', TINY);
      await page.phase('finished');
      // Its details were changed, so it is none of the sizes that are offered.
      expect(await page.page.isChecked('input[name=size][value=tiny]')).toBe(false);
      expected = await page.losses();
      expect(Object.keys(expected)).toHaveLength(30);
      expect(expected[30]!).toBeLessThan(expected[1]! - 0.3);
      expect(Number(await page.text('#val-loss'))).toBeLessThan(expected[1]!);
      expect(await page.text('#saved')).toBe('step 30');
      expect(await page.samples()).toEqual(
        [15, 30].map((step) => [step, expect.stringMatching(/^[^]{5,10}$/)]),
      );
    });

    test('the chart has round ticks, and reads out a step under the pointer and by the keyboard', async () => {
      const chart = page.page.locator('#chart');
      // It is drawn anew a while after the last step.
      await page.page.locator('#chart[aria-valuemax="30"]').waitFor();
      for (const kind of ['loss-tick', 'step-tick']) {
        const ticks = (await page.page.locator(`#chart .${kind}`).allTextContents()).map(Number);
        expect(ticks.length).toBeGreaterThanOrEqual(4);
        const distances = ticks.slice(1).map((tick, i) => Math.abs(tick - ticks[i]!));
        for (const distance of distances) expect(distance).toBeCloseTo(distances[0]!, 6);
      }
      const [box, ...labels] = await chart.evaluate((svg) =>
        [svg, ...svg.querySelectorAll('text')].map((each) => {
          const { left, right } = each.getBoundingClientRect();
          return { left, right };
        }),
      );
      for (const { left, right } of labels) {
        expect(left).toBeGreaterThanOrEqual(box!.left);
        expect(right).toBeLessThanOrEqual(box!.right);
      }
      const { width, height } = (await chart.boundingBox())!;
      await chart.hover({ position: { x: width - 15, y: height / 2 } });
      const readout = page.page.locator('#readout');
      await readout.filter({ hasText: 'step 30: ' }).waitFor();
      expect(await readout.textContent()).toContain(`loss ${expected[30]!.toFixed(4)}, mean `);

      await page.page.keyboard.press('Tab');
      await chart.focus();
      await chart.press('Home');
      await chart.press('ArrowRight');
      await readout.filter({ hasText: 'step 2: ' }).waitFor();
      expect(await chart.getAttribute('aria-valuetext')).toContain(`step 2: loss ${expected[2]!.toFixed(4)}`);
      await chart.press('Escape');
      await readout.filter({ hasText: /^$/ }).waitFor();
    });

    /** The continuation of a prompt at temperature 0. */
    const likeliest = (prompt: string, stop = '') =>
      page.write({ prompt, stop, temperature: '0', length: '12' });

    test('it continues a prompt, up to a text that ends it', async () => {
      const written = await likeliest('Once ');
      expect(written).toMatch(/^Once [^]{12}$/);
      const stop = written.slice(8, 10);
      expect(await likeliest('Once ', stop)).toBe(written.slice(0, written.indexOf(stop, 5)));
      expect(await likeliest('Once 🦊')).toMatch(/🦊.*none of the \d+ characters/);
      // It can still write after a prompt that it cannot read.
      expect(await likeliest('Once ')).toBe(written);

      const samples = await page.samples();
      await page.reload();
      expect(await page.samples()).toEqual(samples);
      expect(await likeliest('Once ')).toBe(written);

      // Also while the model is still being opened.
      await page.reload();
      await page.page.fill('#length', '100000');
      await page.page.locator('#write').evaluate((button: HTMLElement) => {
        for (let i = 0; i < 2; i++) button.click();
      });
      await page.page.locator('#written[aria-busy=false]', { hasText: '(stopped)' }).waitFor();
      expect((await page.text('#written')).length).toBeLessThan(1000);
    });

    let savedStep: number;
    test('a run that is paused is saved', async () => {
      await page.discard();
      await page.startUpTo(8, 'wasm', TINY);
      await page.press();
      await page.phase('saved');
      savedStep = Number((await page.text('#saved')).replace('step ', ''));
      expect(savedStep).toBe(9);
    });

    test('it can take a single step, and pauses again', async () => {
      const button = page.page.locator('#single-step');
      await button.focus();
      await button.press('Enter');
      await page.page.locator('#saved', { hasText: `step ${savedStep + 1}` }).waitFor();
      await page.phase('saved');
      // The place of a user of the keyboard is where it was.
      expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
      savedStep += 1;
      const { [savedStep]: loss, [savedStep + 1]: next } = await page.losses();
      expect(Math.abs(loss! - expected[savedStep]!)).toBe(0);
      expect(next).toBeUndefined();
    });

    test('its download is a run that the command line resumes', async () => {
      const downloading = page.page.waitForEvent('download');
      // It is packed once, even if one presses twice.
      await page.page.locator('#download').evaluate((button: HTMLElement) => {
        for (let i = 0; i < 2; i++) button.click();
      });
      const download = await downloading;
      expect(download.suggestedFilename()).toBe(`attune-run-step-${savedStep}.zip`);
      await page.page.locator('#download:not([aria-disabled])').waitFor();
      expect(await page.page.isHidden('#message')).toBe(true);
      const archive = new Blob([await readFile((await download.path())!)]);
      for (const [path, bytes] of await readZipArchive(archive)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), bytes);
      }
      const run = join(folder, 'attune-run');
      const { code, said } = await runCommand(['pretrain', '--resume', run, '--backend', 'wasm']);
      expect({ code, said }).toEqual({ code: 0, said: expect.any(String) });
      const metrics = await lossesOf(run);
      expect(metrics).toHaveLength(30);
      const losses = Object.fromEntries(metrics.map(({ step, loss }) => [step, loss]));
      expectAsUninterrupted(after(savedStep, losses), savedStep, 1e-5);
    });

    test('its download can be opened in another browser, which resumes with the same losses', async () => {
      const downloading = page.page.waitForEvent('download');
      await page.page.click('#download');
      const archive = join(folder, 'run.zip');
      await (await downloading).saveAs(archive);
      const other = await open();
      await other.page.setInputFiles('#archive', archive);
      await other.phase('saved');
      expect(await other.text('#message')).toContain(`A run of ${savedStep} steps.`);
      await other.press();
      await other.phase('finished');
      expectAsUninterrupted(after(savedStep, await other.losses()), savedStep, 0);
      await other.page.context().close();
    });

    test('a run of the command line goes on here, whatever its family and its settings', async () => {
      const [run, data, text] = ['llama', 'data', 'cats.txt'].map((name) => join(folder, name));
      await writeFile(text!, 'the cat sat on the mat. the dog sat on the log.\n'.repeat(40));
      const sizes = ['--n-layer', '1', '--n-head', '2', '--n-embd', '32', '--block-size', '16'];
      const steps = ['--max-iters', '8', '--checkpoint-interval', '4', '--sample-tokens', '4'];
      const prepare = ['prepare', text!, '--out', data!, '--tokenizer', 'char'];
      const train = ['pretrain', '--data', data!, '--out', run!, '--backend', 'wasm'];
      const others = ['--family', 'llama', '--weight-decay', '0.01', ...sizes, ...steps];
      for (const command of [prepare, [...train, ...others]]) {
        expect(await runCommand(command)).toEqual({ code: 0, said: expect.any(String) });
      }
      const begun = new Map<string, Uint8Array>();
      for (const [from, to] of [
        [join(run!, 'metrics.jsonl'), 'llama/metrics.jsonl'],
        [join(run!, 'run.json'), 'llama/run.json'],
        ...(await filesIn(join(run!, 'checkpoints', 'step-4'), 'llama/checkpoints/step-4')),
        ...(await filesIn(data!, 'llama/data')),
      ] as const) {
        begun.set(to, await readFile(from));
      }
      const archive = join(folder, 'llama.zip');
      await writeFile(archive, await packRun(begun));

      const other = await open();
      await other.page.setInputFiles('#archive', archive);
      await other.phase('saved');
      expect(await other.text('#saved')).toBe('step 4');
      await other.press();
      await other.phase('finished');
      const losses = after(4, await other.losses());
      expect(Object.keys(losses)).toHaveLength(4);
      for (const { step, loss } of (await lossesOf(run!)).slice(4)) {
        expect(Math.abs(losses[step]! - loss)).toBeLessThanOrEqual(1e-5);
      }
      await other.page.context().close();
    });

    test('loaded again, it resumes where it was, with the losses it would have had', async () => {
      await page.reload();
      expect(await page.text('#message')).toContain(`saved at step ${savedStep}`);
      await page.press();
      await page.phase('finished');
      expectAsUninterrupted(after(savedStep, await page.losses()), savedStep, 0);
    });

    test('a run that an earlier page stored goes on, too', async () => {
      await page.discard();
      await page.startUpTo(8, 'wasm', TINY);
      await page.press();
      await page.phase('saved');
      await page.page.evaluate(async () => {
        const run = await (await navigator.storage.getDirectory()).getDirectoryHandle('attune-run');
        const keys = [...document.querySelectorAll<HTMLInputElement>('#fields input')].map(
          ({ id, valueAsNumber }) => [id.replace('field-', ''), valueAsNumber],
        );
        // It had the settings that were asked for in a file of its own, and no record.
        const file = await (await run.getFileHandle('playground.json')).createWritable();
        await file.write(JSON.stringify({ settings: Object.fromEntries(keys) }));
        await file.close();
        for (const name of ['config.yaml', 'run.json']) await run.removeEntry(name);
      });
      await page.reload();
      await page.phase('saved');
      const step = Number((await page.text('#saved')).replace('step ', ''));
      await page.press();
      await page.phase('finished');
      expectAsUninterrupted(after(step, await page.losses()), step, 0);
      expect(await page.page.isHidden('#message')).toBe(true);
    });

    test('of a tab that is closed while it trains, nothing is lost before the last checkpoint', async () => {
      const context = page.page.context();
      await page.discard();
      await page.startUpTo(12, 'wasm', TINY);
      await page.page.close();

      page = await PlaygroundPage.open(context, playground.url);
      await page.phase('saved');
      const step = Number((await page.text('#saved')).replace('step ', ''));
      expect(step).toBeGreaterThanOrEqual(10);
      await page.press();
      await page.phase('finished');
      expectAsUninterrupted(after(step, await page.losses()), step, 0);
    });

    test('a tab that is killed loses a few seconds, whatever its intervals', async () => {
      const context = page.page.context();
      await page.discard();
      // More steps than there is time for before it is saved for the first time.
      const many = 1_000_000;
      const rare = { ...TINY, evalInterval: many, checkpointInterval: many, maxIters: many };
      await page.start('wasm', rare);
      const saved = page.page.locator('#saved', { hasText: /step \d/ });
      await saved.waitFor();
      const step = Number((await saved.textContent())!.replace(/\D/g, ''));
      expect(step).toBeLessThan(many);
      // As when the browser runs out of memory: no event tells the page.
      const devtools = await context.newCDPSession(page.page);
      const crashed = page.page.waitForEvent('crash');
      // It is never answered.
      void devtools.send('Page.crash').catch(() => undefined);
      await crashed;

      page = await PlaygroundPage.open(context, playground.url);
      await page.phase('saved');
      const found = Number((await page.text('#saved')).replace(/\D/g, ''));
      expect(found).toBeGreaterThanOrEqual(step);
      await page.press();
      await page.reachStep(found + 2);
      const first = Math.min(...Object.keys(after(found, await page.losses())).map(Number));
      expect(first).toBe(found + 1);
      await page.press();
      await page.phase('saved');
    });

    test('a text of one’s own is learnt from, and still there when the page is loaded again', async () => {
      await page.discard();
      const text = 'the cat sat on the mat. the dog sat on the log.\n'.repeat(40);
      const file = { name: 'cats.txt', mimeType: 'text/plain', buffer: Buffer.from(text) };
      await page.page.setInputFiles('#file', file);
      expect(await page.text('#file-name')).toBe('cats.txt');
      await page.page.evaluate((text) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([text], 'dropped.txt', { type: 'text/plain' }));
        for (const kind of ['dragover', 'drop']) {
          document.body.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
        }
      }, text);
      await page.start('wasm', { ...TINY, maxIters: 6 });
      await page.phase('finished');
      expect(await page.text('#samples pre')).toMatch(/^[thecasondmlg. \n]+$/);
      await page.reload();
      expect(await page.text('#file-name')).toBe('dropped.txt');
    });
  });

  describe('says what is the matter', () => {
    test('a software adapter is named as such, and not chosen', async () => {
      const page = await open();
      expect(await page.text('#backends')).toMatch(/WebGPU\s*software adapter/);
      expect(await page.page.isChecked('input[name=backend][value=wasm]')).toBe(true);
      await page.page.context().close();
    });

    test('a browser without WebGPU is told so, and trains in WebAssembly', async () => {
      const page = await PlaygroundPage.open(await browser.newContext(), playground.url, () => {
        Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
        const { Worker } = globalThis;
        // A worker has a navigator of its own.
        globalThis.Worker = class extends Worker {
          constructor(url: string | URL, options?: WorkerOptions) {
            const script =
              "Object.defineProperty(WorkerNavigator.prototype, 'gpu', { value: undefined });" +
              `await import(${JSON.stringify(String(url))});`;
            super(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), options);
          }
        };
      });
      expect(await page.text('#backends')).toMatch(/WebGPU\s*not here[^]*this browser has no WebGPU/);
      expect(await page.page.isDisabled('input[name=backend][value=webgpu]')).toBe(true);
      await page.page.context().close();
    });

    test('a file that is no run is not opened', async () => {
      const page = await open();
      const choose = (name: string, buffer: Uint8Array) =>
        page.page.setInputFiles('#archive', {
          name,
          mimeType: 'application/zip',
          buffer: Buffer.from(buffer),
        });
      const expectMessage = (text: string) => page.page.locator('#message', { hasText: text }).waitFor();
      // From the choice on, no run can begin that would be in its place.
      const phase = await page.page.locator('#archive').evaluate((input: HTMLInputElement) => {
        const chosen = new DataTransfer();
        chosen.items.add(new File(['no zip'], 'cats.zip'));
        input.files = chosen.files;
        input.dispatchEvent(new Event('change'));
        return document.body.dataset['phase'];
      });
      expect(phase).toBe('waiting');
      await expectMessage('cats.zip is no zip archive');
      const chunks: Uint8Array[] = [];
      for await (const chunk of zipArchive([['readme.txt', 'Hello.']])) chunks.push(chunk);
      await choose('other.zip', Buffer.concat(chunks));
      await expectMessage('other.zip has no checkpoint in it');
      await page.phase('empty');
      await page.page.context().close();
    });

    test('a second tab leaves the run to the first', async () => {
      const first = await open();
      const second = await PlaygroundPage.open(first.page.context(), playground.url);
      await second.phase('dead');
      expect(await second.text('#message')).toContain('open in another tab');
      await first.page.context().close();
    });

    test('a model that does not fit says how much it takes', async () => {
      const page = await open();
      await page.start('wasm', { ...TINY, nEmbd: 16_384 });
      await page.phase('empty');
      expect(await page.text('#message')).toMatch(
        /takes at least .* of memory.* for parameters.*Lower “batch”/,
      );
      await page.page.context().close();
    });

    test('a GPU that is lost ends the run, which resumes from its checkpoint', async () => {
      const page = await open();
      const [worker] = page.page.workers();
      // What a driver that crashes does.
      await worker!.evaluate(() => {
        const { requestDevice } = GPUAdapter.prototype;
        GPUAdapter.prototype.requestDevice = async function (descriptor) {
          const device = await requestDevice.call(this, descriptor);
          (globalThis as { lose?: () => void }).lose = () => device.destroy();
          return device;
        };
      });
      await page.startUpTo(2, 'webgpu', { ...TINY, checkpointInterval: 1, evalInterval: 30 });
      await worker!.evaluate(() => (globalThis as unknown as { lose(): void }).lose());
      await page.goOn();
      await page.phase('saved');
      expect(await page.text('#message')).toMatch(/The GPU was lost.*Nothing before step \d+ is lost/);
      const step = Number((await page.text('#saved')).replace('step ', ''));
      expect(step).toBeGreaterThanOrEqual(1);
      await page.page.check('input[name=backend][value=wasm]');
      await page.press();
      await page.phase('finished');
      await page.page.context().close();
    });
  });
});

/** Runs a command of the command line. */
async function runCommand(command: readonly string[]): Promise<{ code: number; said: string }> {
  let said = '';
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      said += chunk.toString();
      done();
    },
  });
  const code = await main([...command], {
    stdin: Readable.from([]),
    stdout: output,
    stderr: output,
    env: {},
    importer: (specifier) => import(specifier),
    onInterrupt: () => () => undefined,
    exit: () => undefined,
  });
  return { code, said };
}

/** The steps of a run's log. */
async function lossesOf(run: string): Promise<{ step: number; loss: number }[]> {
  const lines = (await readFile(join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as { step: number; loss: number });
}

/** The files of a folder, and where they are to be in another. */
async function filesIn(from: string, to: string): Promise<(readonly [from: string, to: string])[]> {
  return (await readdir(from)).map((name) => [join(from, name), `${to}/${name}`] as const);
}

/** Those of the losses that come after a step. */
function after(step: number, losses: Record<number, number>): Record<number, number> {
  return Object.fromEntries(Object.entries(losses).filter(([other]) => Number(other) > step));
}
