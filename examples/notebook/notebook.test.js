import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
const executablePath = process.env['ATTUNE_CHROMIUM'] ?? '/usr/bin/chromium';
let server, browser, page;
const errors = [];

before(async () => {
  await build({ root, logLevel: 'error' });
  server = await preview({ root, logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } });
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  page = await browser.newPage();
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(`http://127.0.0.1:${server.httpServer.address().port}/`);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const states = () => page.$$eval('.cell', (cells) => cells.map(({ dataset }) => dataset.state));
const textOf = (cell) => page.textContent(`.cell:nth-child(${cell}) .output`);
const curvesOf = (cell) =>
  page.$$eval(`.cell:nth-child(${cell}) polyline`, (lines) =>
    lines.map((line) =>
      line
        .getAttribute('points')
        .split(' ')
        .map((point) => Number(point.split(',')[1])),
    ),
  );

test('runs a cell, and those before it', async () => {
  await page.click('.cell:nth-child(3) .run');
  await page.waitForSelector('.cell:nth-child(3)[data-state=done]', { timeout: 60_000 });
  assert.deepEqual(await states(), ['done', 'done', 'done', undefined, undefined]);
  const [curve] = await curvesOf(3);
  assert.equal(curve.length, 60);
  assert.ok(curve.at(-1) > curve[0] + 100, 'the loss falls: it is drawn downwards');
});

test('runs the rest, and finds the best learning rate', async () => {
  await page.click('#run-all');
  await page.waitForSelector('#run-all:enabled', { timeout: 120_000 });
  assert.deepEqual(await states(), Array(5).fill('done'));
  assert.deepEqual(
    (await curvesOf(4)).map((curve) => curve.length),
    [60, 60, 60],
  );
  const losses = [...(await textOf(4)).matchAll(/validation loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
  const best = ['0.0003', '0.003', '0.03'][losses.indexOf(Math.min(...losses))];
  assert.ok((await textOf(4)).includes(`The best: ${best}`));
  assert.match(await textOf(5), /At temperature 0.5: Once .{80}/s);
  assert.deepEqual(errors, []);
});
