import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
const executablePath = process.env['ATTUNE_CHROMIUM'] ?? '/usr/bin/chromium';
let server, browser, url;

before(async () => {
  await build({ root, logLevel: 'error' });
  server = await preview({ root, logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } });
  url = `http://127.0.0.1:${server.httpServer.address().port}/`;
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** Opens the page, and fails the test on errors in it. */
async function open(t, query) {
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  t.after(async () => {
    await page.close();
    assert.deepEqual(errors, []);
  });
  await page.goto(url + query);
  return page;
}

/** The losses that the page has drawn: the chart is 200 high, and as high as a loss of 5. */
async function drawnLosses(page) {
  const points = await page.getAttribute('#chart polyline', 'points');
  return points.split(' ').map((point) => ((200 - Number(point.split(',')[1])) * 5) / 200);
}

test('trains in a worker with threads, draws the loss and writes a sample', async (t) => {
  const page = await open(t, '?steps=60');
  assert.equal(await page.evaluate(() => globalThis.crossOriginIsolated), true);
  await page.click('#start');
  await page.waitForSelector('#status:has-text("Step ")');
  await page.waitForSelector('#start:enabled', { timeout: 60_000 });
  assert.match(await page.textContent('#status'), /Step 60 of 60.*WebAssembly.*threads/);
  const losses = await drawnLosses(page);
  assert.equal(losses.length, 60);
  assert.ok(losses[0] > 3.5 && losses[59] < 2.8, `from ${losses[0]} to ${losses[59]}`);
  assert.match(await page.textContent('#sample'), /^Once .{100}/s);
});

test('stops when it is told to', async (t) => {
  const page = await open(t, '?steps=100000');
  await page.click('#start');
  await page.waitForSelector('#status:has-text("Step ")');
  await page.click('#stop');
  await page.waitForSelector('#start:enabled', { timeout: 60_000 });
  assert.match(await page.textContent('#sample'), /^Once /);
});
