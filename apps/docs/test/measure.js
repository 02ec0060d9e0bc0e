/**
 * Measures the built site in Chromium: `node test/measure.js`. For each page, opened five times with an empty cache: bytes over
 * the wire as they are on disk and packed by gzip, and the medians of first contentful paint, largest contentful paint and layout
 * shift.
 */
import { gzipSync } from 'node:zlib';
import { findChromium, launchChromium } from '@attune/browser-harness';
import { openSite } from './open-site.js';

const TIMES = 5;
const pages = ['', 'guide/fine-tuning.html', 'api/', 'api/classes/_attune_train.Trainer.html', 'zh/'];
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

const site = await openSite();
const browser = await launchChromium(await findChromium(), false);
const rows = [];
for (const path of pages) {
  const runs = [];
  for (let i = 0; i < TIMES; i++) runs.push(await measure(path));
  const of = (name) => median(runs.map((run) => run[name]));
  const kb = (name) => Math.round(of(name) / 1024);
  rows.push({
    page: `/${path}`,
    files: of('files'),
    KB: kb('bytes'),
    'KB gzip': kb('gzip'),
    'FCP ms': Math.round(of('fcp')),
    'LCP ms': Math.round(of('lcp')),
    CLS: Number(of('cls').toFixed(3)),
  });
}
console.table(rows);
await Promise.all([browser.close(), site.close()]);

async function measure(path) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const bodies = [];
  page.on('response', (response) => bodies.push(response.body().catch(() => Buffer.alloc(0))));
  await page.goto(site.url + path, { waitUntil: 'networkidle' });
  const timings = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const seen = { lcp: 0, cls: 0 };
        const watch = (type, each) =>
          new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({
            type,
            buffered: true,
          });
        watch('largest-contentful-paint', ({ startTime }) => (seen.lcp = startTime));
        watch('layout-shift', ({ value, hadRecentInput }) => (seen.cls += hadRecentInput ? 0 : value));
        const [fcp] = performance.getEntriesByName('first-contentful-paint');
        setTimeout(() => resolve({ ...seen, fcp: fcp.startTime }), 300);
      }),
  );
  const files = await Promise.all(bodies);
  await context.close();
  const sum = (sizes) => sizes.reduce((a, b) => a + b, 0);
  return {
    ...timings,
    files: files.length,
    bytes: sum(files.map((body) => body.length)),
    gzip: sum(files.map((body) => gzipSync(body).length)),
  };
}
