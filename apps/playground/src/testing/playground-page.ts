import type { Browser, Page } from '@attune/browser-harness';
import type { BackendName, Report } from '../protocol.js';
import type { Settings } from '../settings/pretrain-settings.js';
import { goOn, standStillAfter } from './stand-still.js';

/** A run that takes a moment. */
export const TINY: Partial<Settings> = {
  nLayer: 1,
  nHead: 2,
  nEmbd: 16,
  blockSize: 16,
  batchSize: 4,
  warmupIters: 5,
  maxIters: 30,
  evalInterval: 15,
  checkpointInterval: 5,
  sampleTokens: 10,
};

type TestWindow = { losses: Record<number, number> };

/** How long the page may take for what it is waited for. None of it takes long, but the machine may do much else. */
const PATIENCE_MS = 240_000;

/** Starts what the page and its worker say of a violation, wherever it comes from. */
const VIOLATION = /Content Security Policy|TrustedTypes|violates the following/;

/** The page as its user sees it. */
export class PlaygroundPage {
  /** Violations of the page's policy and errors that nobody caught, since this was last taken. */
  private static complaints: string[] = [];
  /** Called when there is one more. */
  private static heard: (() => void) | undefined;

  private constructor(readonly page: Page) {
    const complain = (text: string) => {
      PlaygroundPage.complaints.push(text);
      PlaygroundPage.heard?.();
    };
    page.on('pageerror', (error) => complain(String(error)));
    page.on('console', (message) => {
      if (VIOLATION.test(message.text())) complain(message.text());
    });
  }

  /** Complaints of pages since the last call. */
  static takeComplaints(): string[] {
    return PlaygroundPage.complaints.splice(0);
  }

  /** Complaints since the last call, when there is one of each kind. The browser tells of some a while after the deed. */
  static async awaitComplaints(...kinds: readonly RegExp[]): Promise<string[]> {
    const isHeard = (kind: RegExp) => PlaygroundPage.complaints.some((complaint) => kind.test(complaint));
    while (!kinds.every(isHeard)) await new Promise<void>((resolve) => (PlaygroundPage.heard = resolve));
    return PlaygroundPage.takeComplaints();
  }

  /** @param before runs in the page before its own scripts. */
  static async open(
    context: Awaited<ReturnType<Browser['newContext']>>,
    url: string,
    before: () => void = () => undefined,
  ): Promise<PlaygroundPage> {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const opened = new PlaygroundPage(page);
    // The browser's own line on the console is not always passed on.
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        console.error(`Content Security Policy: ${violatedDirective} ${blockedURI}`),
      );
    });
    // Writes down the loss of every step that the worker reports; the page shows the newest a few times a second.
    await page.addInitScript(() => {
      const losses: Record<number, number> = {};
      (globalThis as unknown as TestWindow).losses = losses;
      const { Worker } = globalThis;
      globalThis.Worker = class extends Worker {
        constructor(url: string | URL, options?: WorkerOptions) {
          super(url, options);
          this.addEventListener('message', ({ data }: MessageEvent<Report>) => {
            if (data.kind === 'step') losses[data.metrics.step] = data.metrics.loss;
          });
        }
      };
    });
    await page.addInitScript(before);
    await page.goto(url);
    await opened.ready();
    return opened;
  }

  /** Waits until the page knows what there is. */
  async ready(): Promise<void> {
    await this.phase('empty', 'saved', 'finished', 'dead');
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  async phase(...phases: string[]): Promise<void> {
    const shown = (wanted: string[]) => wanted.includes(document.body.dataset['phase'] ?? '');
    await this.page.waitForFunction(shown, phases);
  }

  /** Fills the form, and begins. */
  async start(backend: BackendName, settings: Partial<Settings>): Promise<void> {
    for (const [key, value] of Object.entries(settings)) await this.page.fill(`#field-${key}`, String(value));
    await this.page.check(`input[name=backend][value=${backend}]`);
    await this.page.evaluate(() => {
      const { losses } = globalThis as unknown as TestWindow;
      for (const step of Object.keys(losses)) delete losses[Number(step)];
    });
    await this.press();
  }

  /** The main button: Train, Pause or Continue. */
  async press(): Promise<void> {
    await this.page.click('#primary');
  }

  /** Waits until a step is done. The page itself shows it a moment later. */
  async reachStep(step: number): Promise<void> {
    const reached = (step: number) =>
      Number(Object.keys((globalThis as unknown as TestWindow).losses).at(-1) ?? 0) >= step;
    await this.page.waitForFunction(reached, step);
  }

  /** Starts, and waits until a step is done and told of; the next is done, too, and nothing more until Pause is pressed. */
  async startUpTo(step: number, backend: BackendName, settings: Partial<Settings>): Promise<void> {
    await standStillAfter(this.page, 'step', step);
    await this.start(backend, settings);
    await this.reachStep(step);
  }

  /** Has a run that {@link PlaygroundPage.startUpTo} started go on. */
  goOn(): Promise<void> {
    return goOn(this.page);
  }

  async discard(): Promise<void> {
    this.page.once('dialog', (dialog) => void dialog.accept());
    await this.page.click('#discard');
    await this.phase('empty');
  }

  /** The losses of steps since the page was loaded, or a run was started. */
  losses(): Promise<Record<number, number>> {
    return this.page.evaluate(() => (globalThis as unknown as TestWindow).losses);
  }

  /** Has the model continue a text, and returns what is then shown. */
  async write(
    fields: Readonly<Record<'prompt' | 'temperature' | 'length' | 'stop', string>>,
  ): Promise<string> {
    for (const [id, value] of Object.entries(fields)) await this.page.fill(`#${id}`, value);
    await this.page.click('#write');
    await this.page.locator('#written[aria-busy=false]').waitFor();
    return (await this.page.textContent('#written'))!;
  }

  /** The samples that are shown, from the first one on, with their steps. */
  samples(): Promise<[step: number, text: string][]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('#samples li')]
        .map((item): [number, string] => [
          Number(item.querySelector('h3')!.textContent.replace(/\D/g, '')),
          item.querySelector('pre')!.textContent,
        ])
        .reverse(),
    );
  }

  text(selector: string): Promise<string> {
    return this.page.innerText(selector);
  }
}
