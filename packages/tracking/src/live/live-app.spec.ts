import { liveApp } from './live-app.js';
import { LiveRun } from './live-run.js';
import type { LiveCharts } from './messages.js';
import { beginning, observed } from './testing/observed.js';

function served() {
  const run = new LiveRun({ command: 'pretrain' });
  const app = liveApp({ run, key: 'secret', scripts: { 'main.js': 'void 0;' } });
  const get = (path: string, method = 'GET') =>
    app.fetch(new Request(`http://localhost${path}`, { method })) as Promise<Response>;
  const charts = async (query: string) => (await (await get(`/secret/charts?${query}`)).json()) as LiveCharts;
  return { run, app, get, charts };
}

/** Reads events of a stream up to one that contains a text. */
async function readUntil(body: ReadableStream<Uint8Array>, text: string): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (let read = ''; ;) {
    if (read.includes(text)) {
      await reader.cancel();
      return read;
    }
    const { value, done } = await reader.read();
    if (done) throw new Error(`It ended without ${text}: ${read}`);
    read += decoder.decode(value, { stream: true });
  }
}

test('the page is only for those who know the address', async () => {
  const { get } = served();
  expect((await get('/secret/')).status).toBe(200);
  for (const path of [
    '/',
    '/events',
    '/charts',
    '/samples',
    '/guess/',
    '/secret/../main.js',
    '/secret/constructor',
  ])
    expect([path, (await get(path)).status]).toEqual([path, 404]);
  expect((await get('/secret/samples', 'POST')).status).toBe(404);
});

test('its policy allows its own script and style, and no framing', async () => {
  const { get } = served();
  const { headers } = await get('/secret/');
  const policy = headers.get('content-security-policy')!;
  expect(policy).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'self'; connect-src 'self';/,
  );
  expect(policy).toMatch(/frame-ancestors 'none'$/);
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect((await get('/secret/main.js')).headers.get('content-type')).toMatch(/^text\/javascript/);
});

test('charts are of the part and the axis that are asked for', async () => {
  const { run, charts } = served();
  run.observer.begins(beginning());
  for (let step = 1; step <= 10; step++) run.observer.step(observed(step, step === 4 ? { valLoss: 2 } : {}));
  const loss = async (query: string) => (await charts(query)).charts[0]!;
  const [train, validation] = (await loss('x=tokens&from=24&to=40')).series;
  expect(train!.points.map(([x, y]) => [x, y])).toEqual([
    [24, 4 / 3],
    [32, 1],
    [40, 4 / 5],
  ]);
  expect(validation!.points).toEqual([[32, 2, 0.5, 0]]);
  expect((await loss('x=time&smooth=strong')).html).toContain('>seconds</text>');
});

test.each(['x=nothing', 'smooth=very', 'from=a'])('a view %s is refused', async (query) => {
  expect((await served().get(`/secret/charts?${query}`)).status).toBe(400);
});

test('a page is told how the run stands at once, what is new, and when it closes', async () => {
  const { run, app, get } = served();
  run.observer.begins(beginning());
  const { body } = await get('/secret/events');
  const events = readUntil(body!, '"closes":true');
  run.observer.step(observed(7));
  run.close();
  expect(await events).toMatch(/^event: info\ndata: \{"path":"runs\/one"/);
  expect(await events).toContain('"step":7');
  expect(app.pages).toBe(0);
});

test('a page that goes away frees its place', async () => {
  const { run, app, get } = served();
  const { body } = await get('/secret/events');
  await readUntil(body!, 'event: state');
  run.observer.begins(beginning());
  for (let i = 0; app.pages > 0 && i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(app.pages).toBe(0);
});
