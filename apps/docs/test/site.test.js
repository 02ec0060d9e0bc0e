/**
 * Tests the built site in Chromium: `npm run docs && npm run docs:test`. Every request that a page makes is recorded; one to
 * another origin fails the test that made it.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { findChromium, launchChromium } from '@attune/browser-harness';
import { readContents } from '../build/pages.js';
import { openSite } from './open-site.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DECLARATION = 'api/classes/_attune_train.Trainer.html';

/** The Chinese start page, and the first Chinese guide. */
const chinesePages = ['zh/', ...readContents().chinese.flatMap(([, pages]) => pages.slice(0, 1))]
  .slice(0, 2)
  .map((each) => each.page?.replace(/\.md$/, '.html') ?? each);

let site;
let browser;
let page;
let problems;

before(async () => {
  const chromium = await findChromium();
  assert.ok(chromium, 'Chromium is not installed, or ATTUNE_CHROMIUM does not name it.');
  [site, browser] = await Promise.all([openSite(), launchChromium(chromium, false)]);
});
after(() => Promise.all([site?.close(), browser?.close()]));

/** A page of a new profile, of which every foreign request and every error is recorded. */
async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  page = await context.newPage();
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== new URL(site.url).origin)
      problems.push(`asks for ${request.url()}`);
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.goto(site.url + path, { waitUntil: 'networkidle' });
  // A page of VitePress hears no key and no button before Vue has mounted it. Those of TypeDoc have no application.
  await page.waitForFunction(() => {
    const app = globalThis.document.querySelector('#app');
    return !app || '__vue_app__' in app;
  });
}
beforeEach(() => (problems = []));
afterEach(async () => {
  await page?.context().close();
  assert.deepEqual(problems, []);
});

/** Opens the search dialog and looks for a text. @returns the titles of what was found, by address. */
async function search(text) {
  await page.keyboard.press('Control+k');
  await page.locator('#localsearch-input').fill(text);
  await page.locator('.VPLocalSearchBox .result').first().waitFor();
  return page
    .locator('.VPLocalSearchBox .result')
    .evaluateAll((links) => links.map((link) => [new URL(link.href).pathname, link.textContent]));
}

/**
 * Serious and critical findings of axe, which is evaluated, since a page's own policy allows no script of others. In TypeDoc's
 * pages, headings that fold are links at the same time; both are reached by keyboard.
 */
async function findings() {
  await page.evaluate(axe);
  const violations = (await page.evaluate(() => globalThis.axe.run())).violations.flatMap(
    ({ nodes, ...rule }) => ({
      ...rule,
      nodes: nodes.filter(
        ({ html }) => rule.id !== 'nested-interactive' || !/^<summary class="tsd-/.test(html),
      ),
    }),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html}: ${any[0]?.message ?? ''}`));
}

for (const colorScheme of ['light', 'dark']) {
  describe(`nothing stands in the way of a reader, ${colorScheme}`, () => {
    for (const path of ['', 'guide/data.html', 'api/', DECLARATION, ...chinesePages]) {
      it(path === '' ? 'on the start page' : `on ${path}`, async () => {
        await open(path, { colorScheme });
        assert.deepEqual(await findings(), []);
      });
    }

    it('in the search dialog', async () => {
      await open('guide/data.html', { colorScheme });
      await search('LoRA');
      assert.deepEqual(await findings(), []);
    });
  });
}

describe('the search', () => {
  it('finds a guide by a word, and opens it', async () => {
    await open('');
    const found = await search('adapters');
    assert.ok(found.some(([path]) => path.includes('/guide/fine-tuning.html')));
    await page.locator('.VPLocalSearchBox .result[href*="/guide/fine-tuning"]').first().click();
    await page.waitForURL('**/guide/fine-tuning.html*');
    // The address changes before the page does.
    await page.locator('h1', { hasText: /^\s*Fine-tuning/ }).waitFor();
  });

  it('finds a declaration of the API by its name, and opens it', async () => {
    await open('');
    const found = await search('crossEntropy');
    assert.match(found[0][0], /\/api\/functions\/.*crossEntropy\.html$/);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/api/functions/*crossEntropy.html');
    await page.locator('h1', { hasText: 'crossEntropy' }).waitFor();
  });
});

describe('light and dark', () => {
  it('are chosen once for guides and API', async () => {
    await open('guide/data.html', { colorScheme: 'light' });
    await page.locator('.VPNavBarAppearance button').click();
    await page.locator('html.dark').waitFor();
    await page.goto(site.url + DECLARATION);
    await page.locator('html[data-theme=dark]').waitFor();
  });
});

describe('text is never a template', () => {
  it('braces and tags of a guide are shown as they are', async () => {
    await open('guide/export.html');
    assert.match(await page.locator('.vp-doc').textContent(), /\{\{ \.Prompt \}\}/);
    assert.equal((await page.content()).includes('block: program'), false);
  });
});

describe('the playground', () => {
  it('is in the site, with its own policy and cross-origin isolation', async () => {
    await open('playground/');
    assert.equal(await page.evaluate(() => globalThis.crossOriginIsolated), true);
    const { headers } = await fetch(`${site.url}guide/data.html`);
    assert.doesNotMatch(headers.get('content-security-policy'), /wasm-unsafe-eval/);
  });
});
