import type { RecordedId, RecordedSuite } from '@attune/backend-testkit';
import type { Browser, Page } from 'playwright-core';
import { bundle, type Bundle } from './bundle.js';
import { launchChromium } from './chromium.js';
import type { RemoteResult, RemoteTests } from './protocol.js';
import { PageServer, type FileLoader, type FileSaver } from './serve.js';

/** Where tests run, and what they are given. */
export interface SessionOptions {
  /** The page's entry, a module that calls `serveTests`. */
  readonly page: URL;
  /** True to run the module in a worker rather than in the page. */
  readonly worker?: boolean;
  /** True for a browser with WebGPU, on a software adapter. */
  readonly webgpu?: boolean;
  /** True for a cross-origin isolated page, which has SharedArrayBuffer. Default true. */
  readonly crossOriginIsolated?: boolean;
  /** The loader of the page's `files`. */
  readonly files?: FileLoader;
  /** The receiver of files that the page saves. */
  readonly save?: FileSaver;
}

type TestWindow = { attuneTests?: RemoteTests };

/** A page with tests, open in a browser. */
export class Session {
  private readonly complaints: string[] = [];

  private constructor(
    private readonly bundle: Bundle,
    private readonly server: PageServer,
    private readonly browser: Browser,
    private readonly page: Page,
  ) {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('crash', () => this.complaints.push('The page crashed.'));
  }

  static async open(chromium: string, options: SessionOptions): Promise<Session> {
    const { page: entry, worker, webgpu = false, crossOriginIsolated = true, files, save } = options;
    const bundled = await bundle(entry);
    const server = await PageServer.start({
      ...bundled,
      crossOriginIsolated,
      ...(files && { files }),
      ...(save && { save }),
    });
    const browser = await launchChromium(chromium, webgpu);
    const session = new Session(bundled, server, browser, await browser.newPage());
    try {
      await session.page.goto(`${server.origin}/${worker ? 'worker' : 'page'}.html`);
      await session.page.waitForFunction(() => 'attuneTests' in globalThis, undefined, { timeout: 30_000 });
    } catch (error) {
      await session.close();
      throw session.withComplaints(String(error));
    }
    return session;
  }

  /** The tests that the page has registered. */
  async suite(): Promise<RecordedSuite> {
    return this.unwrap(await this.page.evaluate(() => (globalThis as TestWindow).attuneTests!.suite()));
  }

  /** Runs a function of the page. */
  async run(id: RecordedId): Promise<void> {
    this.unwrap(await this.page.evaluate((id) => (globalThis as TestWindow).attuneTests!.run(id), id));
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    await this.bundle.remove();
  }

  private unwrap<T>(result: RemoteResult<T>): T {
    if ('value' in result) return result.value;
    throw this.withComplaints(result.error.message, result.error.stack);
  }

  /** An error with what the browser's console has said since the last one. */
  private withComplaints(message: string, stack?: string): Error {
    const lines = this.complaints.splice(0).slice(-10);
    const error = new Error(
      [message, ...lines.map((line) => `  console: ${line.slice(0, 2000)}`)].join('\n'),
    );
    if (stack !== undefined) error.stack = `${error.message}\n${stack}`;
    return error;
  }
}
