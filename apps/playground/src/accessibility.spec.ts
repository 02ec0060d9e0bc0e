import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { launchChromium, requireChromium, type Browser } from '@attune/browser-harness';
import type axe from 'axe-core';
import { ModelsPage } from './testing/models-page.js';
import { openPlayground, type OpenPlayground } from './testing/open-playground.js';
import { PlaygroundPage, TINY } from './testing/playground-page.js';

const chromium = await requireChromium('the accessibility of the playground', { test });

/** A model of 9,168 parameters with a chat template, which transformers wrote. */
const model = fileURLToPath(
  new URL('../../../packages/backend-testkit/fixtures/finetune_llama/model', import.meta.url),
);

const ROWS = ['ball', 'hat', 'cake', 'bed']
  .map((thing) => `Q: What does Tom have?\nA: A ${thing}.\n`)
  .join('\n');

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
  });
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
      // The next Tab goes on from where the focus was, or the mouse: here, before the page.
      const start = document.createElement('button');
      document.body.prepend(start);
      start.focus();
      start.remove();
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

  /** Tab leads to controls in this order, to each once, and each has a frame around it then. */
  async function expectTabStops(inOrder: readonly string[]): Promise<void> {
    const stops = await tabStops();
    expect(stops.filter(({ isVisible }) => !isVisible)).toEqual([]);
    const names = stops.map(({ name }) => name);
    expect(names.filter((name) => inOrder.includes(name))).toEqual(inOrder);
    const named = names.filter((name) => !['', 'undefined'].includes(name));
    expect(new Set(named).size).toBe(named.length);
  }

  test('before there is a run', async () => {
    await expectAccessible();
  });

  test('by the keyboard alone: every control has its turn, in the order of the page, with a frame around it', async () => {
    const settings = ['text', 'file', 'size', 'field-nLayer', 'field-seed', 'backend'];
    await expectTabStops([...settings, 'primary', 'single-step', 'open']);
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
    await page.startUpTo(100, 'wasm', RUN);
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
    await expectTabStops(['primary', 'single-step', 'download', 'discard', 'chart', 'prompt', 'write']);
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
  describe('and its other sections', () => {
    let models: ModelsPage;
    beforeAll(() => {
      models = new ModelsPage(page);
    });

    test('by the keyboard alone: arrows lead from tab to tab, and Tab from there into the section', async () => {
      await page.page.focus('#tab-pretrain');
      const shown: string[] = [];
      for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'End', 'Home', 'ArrowRight']) {
        await page.page.keyboard.press(key);
        shown.push(await page.page.evaluate(() => document.activeElement!.id));
      }
      const tabs = ['finetune', 'chat', 'pretrain', 'chat', 'pretrain', 'finetune'];
      expect(shown).toEqual(tabs.map((name) => `tab-${name}`));
      expect(await page.page.isVisible('#finetune')).toBe(true);
    });

    test('where no model is open, and one is refused', async () => {
      await models.show('chat');
      await expectAccessible();
      await models.show('finetune');
      await expectAccessible();
      expect(await models.openArchive('no.zip', Buffer.from('no zip'))).toMatch(/no zip archive/);
      await expectAccessible();
    });

    test('with a model and its mask: every control has its turn, in the order of the page', async () => {
      await models.openFolder(model);
      await models.phase('ready');
      await models.fill({ epochs: 2, batchSize: 2, sampleTokens: 4, validationFraction: 0.5 }, ROWS);
      expect(await models.mask()).toContain('carry loss');
      await expectAccessible();
      await expectTabStops([
        ...['tab-finetune', 'close-model', 'tune-loraRank', 'tune-onOverlength', 'tune-backend'],
        ...['tune-rows', 'tune-preview', 'tune-primary', 'mask-rows'],
      ]);
    });

    test('when it is fine-tuned, by the keyboard alone', async () => {
      await page.page.focus('#tune-primary');
      await page.page.keyboard.press('Enter');
      await models.phase('running', 'finished');
      await models.phase('finished');
      await expectAccessible();
      await expectTabStops([
        ...['tune-primary', 'tune-discard', 'tune-chart', 'tune-download-adapter', 'tune-download-run'],
      ]);
    });

    test('in a conversation, which the keyboard begins, scrolls and clears', async () => {
      await models.show('chat');
      await expectAccessible();
      await page.page.focus('#chat-box');
      await page.page.fill('#chat-length', '8');
      await page.page.focus('#chat-box');
      await page.page.keyboard.type('What does Tom have?');
      await page.page.keyboard.press('Enter');
      await models.answered();
      await expectAccessible();
      const stops = ['tab-chat', 'chat-tuned', 'chat-temperature', 'chat-seed', 'chat-backend'];
      await expectTabStops([...stops, 'chat-log', 'chat-box', 'chat-send', 'chat-clear']);
    });
  });
});
