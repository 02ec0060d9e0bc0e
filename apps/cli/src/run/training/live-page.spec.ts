import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { launchChromium, requireChromium, type Browser, type Page } from '@attune/browser-harness';
import { pretrain } from '@attune/runs';
import { contextOf, processWorld } from '../../environment/context.js';
import { openLivePage, type LivePage } from './live-page.js';

/** The page of a running training, in a real browser. The run is played, so that each test knows what comes when. */
const chromium = await requireChromium('the live page in Chromium', { test });
const inChromium = chromium === undefined ? test.skip : test;

let browser: Promise<Browser> | undefined;
let live: LivePage;
let page: Page;
let complaints: string[];
let line: Awaited<ReturnType<typeof cuttableLine>> | undefined;

beforeAll(async () => {
  if (chromium !== undefined) await (browser = launchChromium(chromium, false));
});
afterAll(async () => (await browser)?.close());

beforeEach(async () => {
  live = await openLivePage('pretrain', 0, contextOf(processWorld((specifier) => import(specifier))));
  live.run.observer.begins({
    ...{ backend: 'reference', description: ['model    tiny'], path: 'runs/<b>one</b>', notes: [] },
    parameters: { total: 10, trainable: 10 },
    config: pretrain.config({ maxIters: 100 }),
    rows: async () => [
      {
        source: 'first batch, row 1',
        tokens: [
          { id: 1, text: 'the', weight: 0 },
          { id: 2, text: '<i>cat</i>', weight: 1 },
        ],
      },
    ],
  });
  step(1);
  if (!browser) return;
  complaints = [];
  page = await (await browser).newPage();
  // A violation of the policy is an error on the console.
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', ({ message }) => complaints.push(message));
});
afterEach(async () => {
  await page?.close();
  await line?.close();
  line = undefined;
  await live?.close();
});

function step(number: number): void {
  const record = {
    ...{ step: number, epoch: 0, loss: 4 / number, lr: 1e-3, gradNorm: 1, tokens: 8 * number },
    ...{ tokensPerSecond: 100, stepMs: 10 },
  };
  live.run.observer.step({ record, secondsLeft: 60, deviceBytes: 1e6 });
}

const textOf = (selector: string) => page.locator(selector).innerText();
const shows = (selector: string, text: string | RegExp) =>
  page.locator(selector).filter({ hasText: text }).first().waitFor({ state: 'attached' });

inChromium('curves grow while the run goes on, and their values can be read', async () => {
  await page.goto(live.url);
  await shows('#detail', 'step 1 of 100');
  for (let number = 2; number <= 40; number++) step(number);
  await shows('#detail', 'step 40 of 100');
  await shows('#charts desc', /^train: lowest .* at 40/);
  expect(await page.locator('#charts figure').count()).toBe(5);
  await page.locator('.plot.large').press('ArrowLeft');
  await page.locator('.plot.large').press('End');
  expect(await textOf('.plot.large .tip')).toMatch(/^step 40\s+train \S+\s+train, each step 0\.1000$/);
  await page.locator('.plot.large').press('+');
  await page.locator('#whole').waitFor();
  live.run.observer.stopped();
  live.run.failed(new Error('The disk is full.'));
  await shows('#phase', 'Failed');
  expect(await textOf('#detail')).toBe('The disk is full.');
  expect(complaints).toEqual([]);
});

inChromium('samples, rows and names of strangers are text', async () => {
  const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  live.run.observer.sampled({ step: 1, text: hostile, isLast: false });
  await page.goto(live.url);
  await shows('#sample-text', 'onerror');
  expect(await textOf('#sample-text')).toBe(hostile);
  await shows('#row-text', 'the<i>cat</i>');
  expect(await page.locator('#row-text .trained').allInnerTexts()).toEqual(['<i>cat</i>']);
  expect(await textOf('h1')).toBe('runs/<b>one</b>');
  expect(await page.locator('#sample img, #sample script, h1 b, #row-text i').count()).toBe(0);
  expect(await page.title()).toMatch(/^1 % · /);
  expect(complaints).toEqual([]);
});

inChromium('after a lost connection the page catches up', async () => {
  line = await cuttableLine(Number(new URL(live.url).port));
  await page.goto(live.url.replace(/:\d+/, `:${line.port}`));
  await shows('#detail', 'step 1 of 100');
  line.cut();
  await shows('#phase', 'Connection lost');
  for (let number = 2; number <= 9; number++) step(number);
  live.run.observer.sampled({ step: 9, text: 'written meanwhile', isLast: false });
  line.mend();
  await shows('#detail', 'step 9 of 100');
  await shows('#sample-text', 'written meanwhile');
  await shows('#charts desc', /at 9\./);
});

/** A way to a port that can be interrupted. Its own port stays taken meanwhile: another process could get it otherwise. */
async function cuttableLine(to: number) {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return void near.on('error', () => undefined).resetAndDestroy();
    const far = connect(to, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
      one.pipe(other);
    }
  }); // prettier-ignore
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mend: () => void (isCut = false),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
