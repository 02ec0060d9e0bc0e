import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { launchChromium, requireChromium, type Browser } from '@attune/browser-harness';
import type axe from 'axe-core';
import { openPlayground, type OpenPlayground } from './testing/open-playground.js';
import { PlaygroundPage, TINY } from './testing/playground-page.js';

const chromium = await requireChromium('the accessibility of the playground', { test });

/** Findings of axe that keep someone from using the page. */
const GRAVE: ReadonlySet<unknown> = new Set(['serious', 'critical']);

(chromium === undefined ? describe.skip : describe)('everybody can use the playground', () => {
  let playground: OpenPlayground;
  let browser: Browser;
  let page: PlaygroundPage;
  let source: string;
  beforeAll(async () => {
    playground = await openPlayground();
    source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    browser = await launchChromium(chromium!, false);
    page = await PlaygroundPage.open(await browser.newContext(), playground.url);
    await page.page.evaluate(source);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await playground?.close();
  });
  afterEach(() => expect(PlaygroundPage.takeComplaints()).toEqual([]));

  const RUN = { ...TINY, maxIters: 1000, evalInterval: 5, checkpointInterval: 100 };

  /** axe finds nothing grave, in a light and in a dark page, and nothing is wider than a phone. */
  async function expectAccessible(): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.page.emulateMedia({ colorScheme });
      const found = await page.page.evaluate(async () => {
        const { axe: tool } = globalThis as unknown as { axe: typeof axe };
        const { violations } = await tool.run(document, { resultTypes: ['violations'] });
        return violations.map(({ id, impact, nodes }) => ({
          id,
          impact,
          nodes: nodes.map(({ html }) => html),
        }));
      });
      expect(found.filter(({ impact }) => GRAVE.has(impact))).toEqual([]);
    }
    for (const width of [360, 1280]) {
      await page.page.setViewportSize({ width, height: 800 });
      expect(await page.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  }

  /** The controls that Tab leads to, one after the other. */
  async function tabStops(): Promise<{ name: string; isVisible: boolean }[]> {
    await page.page.evaluate(() => {
      (document.activeElement as HTMLElement | null)?.blur();
      getSelection()?.removeAllRanges();
    });
    const stops: { name: string; isVisible: boolean }[] = [];
    for (let presses = 0; presses < 60; presses++) {
      await page.page.keyboard.press('Tab');
      const stop = await page.page.evaluate(() => {
        const focused = document.activeElement;
        if (!focused || focused === document.body) return undefined;
        // The frame of a control that is drawn by its label is around the label.
        const framed = [focused, focused.closest('label')].some(
          (each) => each !== null && getComputedStyle(each).outlineStyle !== 'none',
        );
        return { name: focused.id || `${(focused as HTMLInputElement).name}`, isVisible: framed };
      });
      if (!stop) break;
      stops.push(stop);
    }
    return stops;
  }

  test('before there is a run', async () => {
    await expectAccessible();
  });

  test('by the keyboard alone: every control has its turn, in the order of the page, with a frame around it', async () => {
    const stops = await tabStops();
    expect(stops.filter(({ isVisible }) => !isVisible)).toEqual([]);
    const names = stops.map(({ name }) => name);
    const inOrder = [
      'text',
      'file',
      'size',
      'field-nLayer',
      'field-seed',
      'backend',
      'primary',
      'single-step',
      'open',
    ];
    expect(names.filter((name) => inOrder.includes(name))).toEqual(inOrder);
    expect(new Set(names).size).toBe(names.length);
  });

  test('while it trains, when a screen reader is told little', async () => {
    await page.page.evaluate(() => {
      const said: string[] = [];
      Object.assign(globalThis, { said });
      const hear = new MutationObserver((changes) => {
        for (const { target } of changes) {
          const region = (target instanceof Element ? target : target.parentElement)?.closest(
            'output, [role=status], [aria-live]:not([aria-busy=true])',
          );
          if (region?.textContent) said.push(region.textContent);
        }
      });
      hear.observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await page.start('wasm', RUN);
    await page.reachStep(100);
    const said = await page.page.evaluate(() => (globalThis as unknown as { said: string[] }).said);
    // That it prepares, compiles and trains, and an evaluation or two of twenty; not a word of a step.
    expect(said.length).toBeLessThanOrEqual(12);
    expect(said.filter((text) => /^Step [\d,]+ of 1,000: validation loss/.test(text))).not.toHaveLength(0);
    await expectAccessible();
  });

  test('when it is paused, with all labels of its chart in view', async () => {
    // By the keyboard: the button has the focus, whatever it says by now.
    await page.page.focus('#primary');
    await page.page.keyboard.press('Enter');
    await page.phase('saved');
    await expectAccessible();
    for (const width of [360, 1280]) {
      await page.page.setViewportSize({ width, height: 800 });
      await page.page.waitForFunction(
        () =>
          document.getElementById('chart')!.clientWidth ===
          (document.getElementById('chart') as unknown as SVGSVGElement).viewBox.baseVal.width,
      );
      const [chart, ...labels] = await page.page.evaluate(() => {
        const svg = document.getElementById('chart')!;
        return [svg, ...svg.querySelectorAll('text')].map((each) => {
          const { left, right } = each.getBoundingClientRect();
          return { text: each.textContent, left, right };
        });
      });
      expect(labels.map(({ text }) => text)).toContain('1,000');
      for (const { left, right } of labels) {
        expect(left).toBeGreaterThanOrEqual(chart!.left);
        expect(right).toBeLessThanOrEqual(chart!.right);
      }
    }
    const names = (await tabStops()).map(({ name }) => name);
    const inOrder = ['primary', 'single-step', 'download', 'discard', 'chart', 'prompt', 'write'];
    expect(names.filter((name) => inOrder.includes(name))).toEqual(inOrder);
  });

  test('when a file is refused', async () => {
    await page.discard();
    const buffer = Buffer.from('no zip');
    await page.page.setInputFiles('#archive', { name: 'cats.zip', mimeType: 'application/zip', buffer });
    await page.page.locator('#message[data-kind=error]:visible').waitFor();
    await expectAccessible();
  });

  test('when it is finished', async () => {
    await page.start('wasm', { ...TINY, maxIters: 4, evalInterval: 2 });
    await page.phase('finished');
    await expectAccessible();
  });
});
