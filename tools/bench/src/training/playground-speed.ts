/// <reference lib="dom" />
/**
 * Times the same training run in the page of the playground and without a page, in turns, on the same engine with the
 * same threads: the page built and served as `npm run playground` does, in headless Chromium, and the loop of
 * `@attune/runs` in Node, over a folder in memory. Time is that between two steps, with all that the page does in it:
 * its chart, its messages and a checkpoint every few seconds. Prints one JSON object.
 *
 *     node tools/bench/dist/training/playground-speed.js --size tiny --steps 1000 --rounds 5
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findChromium, launchChromium, type Browser } from '@attune/browser-harness';
import { createBackend } from '@attune/core';
import { prepareText, writeTokenFolder } from '@attune/data';
import { storyCorpus } from '@attune/demo-data';
import { memoryFolder } from '@attune/files';
import { pretrain, start, type RunHost, type TrainingConfig } from '@attune/runs';
import { median } from '../median.js';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'tiny' },
    steps: { type: 'string', default: '1000' },
    warmup: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '5' },
    'eval-interval': { type: 'string', default: '1000000' },
  },
});
const [steps, warmup, rounds] = [values.steps, values.warmup, values.rounds].map(Number) as [
  number,
  number,
  number,
];

/** Steps a second between the end of the warm-up and the last step but one, after which the run is ended. */
interface Timing {
  readonly device: string;
  readonly stepsPerSecond: number;
}

/** A name and value for each field of the page's form. */
type Fields = Readonly<Record<string, number>>;

const ownFields: Fields = {
  maxIters: steps,
  evalInterval: Number(values['eval-interval']),
  // The page saves every few seconds by itself; more would be the disk's speed.
  checkpointInterval: 1_000_000,
};

interface Served {
  readonly url: string;
  close(): Promise<void>;
}

async function servePlayground(): Promise<Served> {
  const script = fileURLToPath(new URL('../../../../apps/playground/serve.js', import.meta.url));
  const out = await mkdtemp(join(tmpdir(), 'attune-playground-speed-'));
  const server = spawn(process.execPath, [script, '--port', '0', '--out', out], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    server.stdout.on('data', (chunk: Buffer) => {
      output += String(chunk);
      const [, found] = /is at (http:\S+)/.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error('The playground could not be built.')));
  });
  return {
    url,
    async close() {
      server.kill();
      await ended;
      await rm(out, { recursive: true, force: true });
    },
  };
}

interface StepReport {
  readonly kind: string;
  readonly device: string;
  readonly metrics: { readonly step: number };
}

/** Trains in the page. @returns the settings of the form, too, which the other side then has. */
async function inPage(browser: Browser, url: string): Promise<Timing & { readonly fields: Fields }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => {
    const times: number[] = [];
    Object.assign(globalThis, { times });
    const { Worker } = globalThis;
    globalThis.Worker = class extends Worker {
      constructor(script: string | URL, options?: WorkerOptions) {
        super(script, options);
        this.addEventListener('message', ({ data }: MessageEvent<StepReport>) => {
          if (data.kind === 'step') times[data.metrics.step] = performance.now();
        });
      }
    };
  });
  await page.goto(url);
  await page.waitForFunction(() => document.body.dataset['phase'] === 'empty');
  await page.check(`input[name=size][value=${values.size}]`, { force: true });
  for (const [key, value] of Object.entries(ownFields)) await page.fill(`#field-${key}`, String(value));
  await page.check('input[name=backend][value=wasm]');
  const fields = await page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll<HTMLInputElement>('#fields input')].map(({ id, valueAsNumber }) => [
        id.replace('field-', ''),
        valueAsNumber,
      ]),
    ),
  );
  await page.click('#primary');
  const device = await page.waitForFunction(() => {
    const state = document.getElementById('state')!.textContent;
    return state?.includes('thread') && !state.includes('compiling') && state;
  });
  await page.waitForFunction(
    (last) => (globalThis as unknown as { times: number[] }).times[last] !== undefined,
    steps - 1,
    { timeout: 0, polling: 500 },
  );
  const [from, to] = await page.evaluate(
    ([first, last]) => {
      const { times } = globalThis as unknown as { times: number[] };
      return [times[first!]!, times[last!]!] as const;
    },
    [warmup, steps - 1],
  );
  const timing = { device: String(await device.jsonValue()), stepsPerSecond: rate(from, to), fields };
  await context.close();
  return timing;
}

const rate = (from: number, to: number) => ((steps - 1 - warmup) / (to - from)) * 1000;

async function refuse(): Promise<never> {
  throw new Error('A run on its own data opens nothing else.');
}

/** Trains in this process, by the same loop. */
async function headless({ learningRate, ...fields }: Fields): Promise<Timing> {
  const run = memoryFolder([], 'run');
  const times: number[] = [];
  let device = '';
  const host: RunHost = {
    folder: () => run,
    async withBackend(_, work) {
      const backend = await createBackend('wasm');
      try {
        return await work(backend);
      } finally {
        await backend.dispose();
      }
    },
    memoryOf: () => 2 ** 32,
    versions: () => ({}),
    platform: 'bench',
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    async prepareOwnData(folder) {
      await writeTokenFolder(
        folder,
        await prepareText(storyCorpus(), { tokenizer: 'char', valFraction: 0.1 }),
      );
    },
    ...{ openRows: refuse, locate: refuse, locateBase: refuse },
    openTemplate: async () => undefined,
    warn: () => undefined,
  };
  // As `runConfig` of the playground has them.
  const rest = { learningRate: learningRate!, minLr: learningRate! / 50, evalIters: 10 };
  const config: TrainingConfig = pretrain.config({ ...fields, ...rest });
  await start(pretrain, { config, out: 'run', overwrite: false }, host, {
    listen: () => ({ aborted: false, dispose: () => undefined }),
    observer: {
      begins: ({ backend }) => void (device = backend.slice(backend.indexOf(': ') + 2)),
      step: ({ record }) => void (times[record.step] = performance.now()),
      evaluated: () => undefined,
      sampled: () => undefined,
      stopped: () => undefined,
      ended: () => undefined,
    },
  });
  return { device, stepsPerSecond: rate(times[warmup]!, times[steps - 1]!) };
}

const chromium = await findChromium();
if (chromium === undefined) throw new Error('There is no Chromium. Set ATTUNE_CHROMIUM to where it is.');
const playground = await servePlayground();
const browser = await launchChromium(chromium, false);
try {
  const [pages, others]: [number[], number[]] = [[], []];
  const devices = new Set<string>();
  for (let round = 1; round <= rounds; round++) {
    const page = await inPage(browser, playground.url);
    const other = await headless(page.fields);
    for (const { device } of [page, other]) devices.add(device);
    pages.push(page.stepsPerSecond);
    others.push(other.stepsPerSecond);
    const ratio = page.stepsPerSecond / other.stepsPerSecond;
    console.error(
      `round ${round}: ${page.stepsPerSecond.toFixed(1)} steps/s in the page, ${ratio.toFixed(3)} of headless`,
    );
  }
  const report = {
    size: values.size,
    ...{ steps, warmup, rounds, cores: availableParallelism() },
    // One, if both have the same engine and threads.
    devices: [...devices],
    pageStepsPerSecond: median(pages),
    headlessStepsPerSecond: median(others),
    ratio: median(pages.map((speed, round) => speed / others[round]!)),
  };
  console.log(JSON.stringify(report, null, 2));
} finally {
  await browser.close();
  await playground.close();
}
