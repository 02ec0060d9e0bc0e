import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchChromium } from '@attune/browser-harness';
import { ModelsPage } from './models-page.js';
import { openPlayground } from './open-playground.js';
import { PlaygroundPage } from './playground-page.js';

/** The Fine-tune tab in a browser of its own. */
export interface OpenTuning {
  readonly page: ModelsPage;
  /** The address that the page is served at. */
  readonly url: string;
  /** An empty folder, which `close` removes. */
  readonly folder: string;
  close(): Promise<void>;
}

/** Serves the playground and shows its Fine-tune tab. @param chromium the browser's path. */
export async function openTuning(chromium: string): Promise<OpenTuning> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'attune-playground-tuning-'));
    closers.push(() => rm(folder, { recursive: true }));
    const playground = await openPlayground();
    closers.push(() => playground.close());
    const browser = await launchChromium(chromium, false);
    closers.push(() => browser.close());
    const { url } = playground;
    const page = new ModelsPage(await PlaygroundPage.open(await browser.newContext(), url));
    await page.show('finetune');
    await page.phase('no-model');
    return { page, url, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Expects a sentence about the file, and a page that is as it was. */
export async function expectRefusal(
  page: ModelsPage,
  said: string,
  message: RegExp,
  phase: string,
): Promise<void> {
  expect(said).toMatch(message);
  expect(said).not.toMatch(/^(Type|Range|Syntax)Error|undefined/);
  expect(said.length).toBeLessThan(2000);
  await page.phase(phase);
}
