import { readFile } from 'node:fs/promises';
import {
  installApp,
  launchChromium,
  requireChromium,
  type Browser,
  type InstalledApp,
  type ServedApp,
} from '@attune/browser-harness';

const chromium = await requireChromium('an application that Vite builds', { test });

/** The report of the worker of `vite-app`. */
interface Report {
  readonly device?: string;
  readonly step?: number;
  readonly loss?: number;
  readonly done?: boolean;
  readonly error?: string;
}

/** The policy that the guide recommends. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' blob: 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
];

/** Changes the headers that the page is served with. */
type Headers = (headers: Record<string, string>) => Record<string, string>;

(chromium === undefined ? describe.skip : describe)(
  'an application that Vite builds with its defaults',
  () => {
    let app: InstalledApp;
    let browser: Browser;
    beforeAll(async () => {
      app = await installApp(new URL('../vite-app', import.meta.url), [
        '@attune/backend-wasm',
        '@attune/backend-webgpu',
        '@attune/train',
        '@attune/data',
      ]);
      browser = await launchChromium(chromium!, false);
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      await app?.remove();
    });

    /** @param said is given what the console says. */
    async function reportsOf(
      { url }: ServedApp,
      headersOf?: Headers,
      said: string[] = [],
    ): Promise<Report[]> {
      const context = await browser.newContext();
      if (headersOf) {
        await context.route('**/*', async (route) => {
          const response = await route.fetch();
          await route.fulfill({ response, headers: headersOf(response.headers()) });
        });
      }
      const page = await context.newPage();
      page.on('console', (message) => said.push(message.text()));
      try {
        await page.goto(url);
        const ended = () =>
          (globalThis as { reports?: Report[] }).reports?.some(({ done, error }) => done || error) ?? false;
        await page.waitForFunction(ended, undefined, { timeout: 60_000 }).catch((error: unknown) => {
          throw new Error(`${String(error)}\n${said.slice(0, 20).join('\n')}`);
        });
        return await page.evaluate(() => (globalThis as unknown as { reports: Report[] }).reports);
      } finally {
        await context.close();
      }
    }

    /** Expects a run of 20 steps that learns, on a device. */
    function expectTraining(reports: readonly Report[], device: RegExp): void {
      expect(reports.map(({ error }) => error).filter(Boolean)).toEqual([]);
      expect(reports[0]!.device).toMatch(device);
      const losses = reports.flatMap(({ loss }) => loss ?? []);
      expect(losses).toHaveLength(20);
      expect(losses[0]).toBeGreaterThan(2.3);
      expect(losses[19]).toBeLessThan(1);
    }

    describe('built, with names that are shortened', () => {
      let served: ServedApp;
      beforeAll(async () => (served = await app.serve('build')), 120_000);
      afterAll(() => served?.close());

      test('trains in a worker on the module with threads, and nobody says where its file is', async () => {
        expectTraining(await reportsOf(served), /^attune \d+, WebAssembly (relaxed )?SIMD, \d+ threads?$/);
      }, 90_000);

      test('trains on one thread without cross-origin isolation, and says why', async () => {
        const plain: Headers = ({
          'cross-origin-opener-policy': _,
          'cross-origin-embedder-policy': __,
          ...headers
        }) => headers;
        expectTraining(
          await reportsOf(served, plain),
          /SIMD, 1 thread \(one thread: the page is not cross-origin isolated/,
        );
      }, 90_000);

      test('trains with threads under the policy that the guide recommends, without a violation', async () => {
        const guide = await readFile(new URL('../../../docs/guide/browser.md', import.meta.url), 'utf8');
        expect(guide.replace(/\s+/g, ' ')).toContain(POLICY.join('; '));
        const policy: Headers = (headers) => ({ ...headers, 'content-security-policy': POLICY.join('; ') });
        const said: string[] = [];
        expectTraining(
          await reportsOf(served, policy, said),
          /^attune \d+, WebAssembly (relaxed )?SIMD, \d+ threads?$/,
        );
        expect(said).toEqual([]);
      }, 90_000);

      test('needs no blob: addresses for its threads', async () => {
        const strict = POLICY.join('; ').replaceAll(' blob:', '');
        const policy: Headers = (headers) => ({ ...headers, 'content-security-policy': strict });
        expectTraining(
          await reportsOf(served, policy),
          /^attune \d+, WebAssembly (relaxed )?SIMD, \d+ threads?$/,
        );
      }, 90_000);

      test.each([
        ['script-src', "script-src 'self'", /BACKEND_UNAVAILABLE/],
        ['connect-src', "connect-src 'none'", /BACKEND_UNAVAILABLE/],
      ])(
        'without what it needs of %s, it says so',
        async (name, instead, message) => {
          const directives = POLICY.map((directive) => (directive.startsWith(name) ? instead : directive));
          const policy: Headers = (headers) => ({
            ...headers,
            'content-security-policy': directives.join('; '),
          });
          const [error] = (await reportsOf(served, policy)).flatMap(({ error }) => error ?? []);
          expect(error).toMatch(message);
        },
        90_000,
      );

      test('says which file is missing, and what answers instead', async () => {
        const context = await browser.newContext();
        await context.route('**/*.wasm', (route) => route.fulfill({ status: 404 }));
        const page = await context.newPage();
        await page.goto(served.url);
        const failed = () =>
          (globalThis as { reports?: Report[] }).reports?.find(({ error }) => error)?.error ?? false;
        const error = await page.waitForFunction(failed, undefined, { timeout: 60_000 });
        expect(await error.jsonValue()).toMatch(
          /BACKEND_UNAVAILABLE.*GET http\S+\/engine\S*\.wasm answers 404/s,
        );
        await context.close();
      }, 90_000);
    });

    test('trains on the development server, which moves packages to one place', async () => {
      const served = await app.serve('dev');
      try {
        expectTraining(await reportsOf(served), /^attune \d+, WebAssembly (relaxed )?SIMD, \d+ threads?$/);
      } finally {
        await served.close();
      }
    }, 120_000);
  },
);
