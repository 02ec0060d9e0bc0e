import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { launchChromium, requireChromium, type Browser } from '@attune/browser-harness';
import { openPlayground, type OpenPlayground } from './testing/open-playground.js';
import { PlaygroundPage, TINY } from './testing/playground-page.js';
import { openStaticHost, type StaticHost } from './testing/static-host.js';

const chromium = await requireChromium('the isolation of the playground', { test });

const SCRIPT = 'isolation-worker.js';
const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const cores = availableParallelism();
const THREADS = cores > 1 ? /\d threads/ : /1 thread|one thread/;

(chromium === undefined ? describe.skip : describe)('on a host of static files, the playground', () => {
  let playground: OpenPlayground;
  let host: StaticHost;
  let browser: Browser;
  beforeAll(async () => {
    playground = await openPlayground();
    browser = await launchChromium(chromium!, false);
  });
  afterAll(async () => {
    await browser?.close();
    await playground?.close();
  });
  beforeEach(async () => {
    host = await openStaticHost(playground.folder);
  });
  afterEach(async () => {
    await host.close();
    expect(PlaygroundPage.takeComplaints()).toEqual([]);
  });

  const open = async () => PlaygroundPage.open(await browser.newContext(), host.url);

  async function train(page: PlaygroundPage): Promise<void> {
    await page.start('wasm', { ...TINY, maxIters: 2 });
    await page.phase('finished');
  }

  const isIsolated = ({ page }: PlaygroundPage) => page.evaluate(() => crossOriginIsolated);
  const registrations = ({ page }: PlaygroundPage) =>
    page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);
  const pageRequests = () => host.requests.get('');

  test('that sends the headers has threads, and needs no service worker', async () => {
    host.headers = isolationHeaders;
    const page = await open();
    expect(await isIsolated(page)).toBe(true);
    expect(await page.page.isHidden('#isolation')).toBe(true);
    expect(await page.text('#backends')).toMatch(THREADS);
    await train(page);
    expect(await registrations(page)).toBe(0);
    expect([pageRequests(), host.requests.get(SCRIPT)]).toEqual([1, undefined]);
    await page.page.context().close();
  });

  test('that sends none has threads by a service worker, after it was loaded once more', async () => {
    const page = await open();
    expect(await isIsolated(page)).toBe(true);
    expect(pageRequests()).toBe(2);
    expect(await page.text('#isolation')).toContain('a service worker of this page adds the headers');
    expect(await page.text('#backends')).toMatch(THREADS);
    await train(page);

    // It is isolated at once the next time, and its run is there.
    await page.reload();
    expect(await isIsolated(page)).toBe(true);
    expect(pageRequests()).toBe(3);
    await page.phase('finished');

    // A worker from a `blob:` address runs as before.
    const answer = await page.page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const script = new Blob(['postMessage(crossOriginIsolated)'], { type: 'text/javascript' });
          const worker = new Worker(URL.createObjectURL(script));
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
        }),
    );
    expect(answer).toBe(true);

    // Reloading past all caches passes over service workers too.
    const devtools = await page.page.context().newCDPSession(page.page);
    await Promise.all([page.page.waitForNavigation(), devtools.send('Page.reload', { ignoreCache: true })]);
    await page.page.waitForFunction(() => crossOriginIsolated && document.body.dataset['phase']);

    expect(PlaygroundPage.takeComplaints()).toEqual([]);
    // The policy of a worker comes with its script.
    const [worker] = page.page.workers();
    const refused = await worker!.evaluate(
      () =>
        new Promise<string>((resolve) => {
          addEventListener('securitypolicyviolation', ({ violatedDirective }) => resolve(violatedDirective));
          void fetch('https://evil.example').catch(() => undefined);
        }),
    );
    expect(refused).toBe('connect-src');
    await page.page.context().close();
    // The browser may tell the page of it, or not, some time later.
    PlaygroundPage.takeComplaints();
  });

  test('lets its user turn the service worker off and on, and drops it when headers are sent', async () => {
    const page = await open();
    await page.page.click('text=Turn it off');
    // Playwright counts a change of the history as a navigation, and the page makes one before it loads again.
    await page.page.waitForFunction(() => !crossOriginIsolated);
    await page.ready();
    expect(await isIsolated(page)).toBe(false);
    expect(await registrations(page)).toBe(0);
    expect(await page.text('#isolation')).toMatch(/on one thread here.* was turned off\./);
    await page.reload();
    expect(await isIsolated(page)).toBe(false);

    await page.page.click('text=Turn it on');
    await page.page.waitForFunction(() => crossOriginIsolated);
    await page.ready();
    expect(await registrations(page)).toBe(1);

    host.headers = isolationHeaders;
    await page.reload();
    await page.reload();
    expect(await isIsolated(page)).toBe(true);
    expect(await registrations(page)).toBe(0);
    expect(await page.page.isHidden('#isolation')).toBe(true);
    await page.page.context().close();
  });

  test.each([
    ['has no service worker to give', undefined, 1, /could not be started \(.*404/],
    ['has one that does nothing', '', 2, /has no effect in this browser/],
  ])('that %s trains on one thread, and says why', async (_, script, loads, reason) => {
    host.replaced.set(SCRIPT, script);
    const page = await open();
    expect(await isIsolated(page)).toBe(false);
    const note = await page.text('#isolation');
    expect(note).toMatch(/trains on one thread here.*Cross-Origin-Embedder-Policy: require-corp/);
    expect(note).toMatch(reason);
    expect(await page.text('#backends')).not.toMatch(/\d threads/);
    await train(page);
    await page.reload();
    await page.phase('finished');
    expect(await page.text('#isolation')).toMatch(reason);
    // Once more for the reload that was asked for, and no more than that.
    expect(pageRequests()).toBe(loads + 1);
    await page.page.context().close();
  });

  test('says in each section that the browser keeps no files for it, and trains nothing', async () => {
    host.headers = isolationHeaders;
    const assets = join(playground.folder, 'assets');
    const refused =
      'StorageManager.prototype.getDirectory = async () => { throw new DOMException("no", "SecurityError"); };';
    for (const name of (await readdir(assets)).filter((name) => /^worker-.*\.js$/.test(name))) {
      host.replaced.set(`assets/${name}`, refused + (await readFile(join(assets, name), 'utf8')));
    }
    const page = await open();
    await page.phase('dead');
    const message = /^This browser keeps no files for this page, .*SecurityError: no/;
    expect(await page.text('#message')).toMatch(message);
    expect(await page.page.isVisible('#primary[aria-disabled=true]')).toBe(true);
    await page.page.click('#tab-finetune');
    expect(await page.text('#tune-message')).toMatch(message);
    await page.page.context().close();
  });

  test('leaves other pages below it as they are', async () => {
    const context = await browser.newContext();
    const page = await PlaygroundPage.open(context, host.url);
    expect(await isIsolated(page)).toBe(true);
    host.replaced.set('other.html', '<!doctype html><p>another page</p>');
    const other = await context.newPage();
    await other.goto(`${host.url}other.html`);
    expect(await other.evaluate(() => navigator.serviceWorker.controller === null)).toBe(false);
    expect(await other.evaluate(() => crossOriginIsolated)).toBe(false);
    await context.close();
  });
});
