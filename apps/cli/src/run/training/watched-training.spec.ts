import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { runAttune, TEXT, TINY } from '../../testing/run-attune.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'attune-ui-'));
  await writeFile(join(dir, 'text.txt'), TEXT);
  await runAttune(['prepare', join(dir, 'text.txt'), '--tokenizer', 'char', '--out', join(dir, 'data')]);
});
afterAll(() => rm(dir, { recursive: true }));

/** Commands that wait for Ctrl-C: a test that failed leaves none. */
const waiting = new Set<(signal: 'SIGINT') => void>();
afterEach(() => waiting.forEach((interrupt) => interrupt('SIGINT')));

/** An output that calls back as soon as it holds an address. */
function listening(isTTY: boolean, onAddress: (url: string, text: () => string) => void) {
  let text = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const isNew = !/page {5}http/.test(text);
      text += chunk.toString();
      const [, url] = /page {5}(http\S+)/.exec(text) ?? [];
      if (isNew && url !== undefined) onAddress(url, () => text);
      done();
    },
  });
  return { stdout: Object.assign(stdout, { isTTY }), text: () => text };
}

const training = (out: string) => ['pretrain', '--data', join(dir, 'data'), '--out', join(dir, out), ...TINY];

test('--ui serves a page while the run goes on, and ends with it', async () => {
  let [page, address] = [Promise.resolve(new Response()), ''];
  const output = listening(false, (url) => {
    address = url;
    page = fetch(url);
  });
  const { code } = await runAttune([...training('run'), '--ui'], { stdout: output.stdout });
  expect(code).toBe(0);
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/);
  expect(await (await page).text()).toContain('<title>attune</title>');
  await expect(fetch(address)).rejects.toThrow('fetch failed');
});

test('on a terminal the page stays at the end of a run, until Ctrl-C', async () => {
  const output = listening(true, () => undefined);
  const ends = runAttune(['pretrain', '--resume', join(dir, 'run'), '--max-iters', '8', '--ui'], {
    stdout: output.stdout,
    onInterrupt: (listener) => {
      if (output.text().includes('stays until Ctrl-C')) setImmediate(listener, 'SIGINT');
      waiting.add(listener);
      return () => void waiting.delete(listener);
    },
  });
  expect((await ends).code).toBe(0);
  expect(output.text()).toContain('The page stays until Ctrl-C: http://127.0.0.1:');
});

test('a port without a page is an error, and so is one that is taken', async () => {
  const without = await runAttune([...training('other'), '--ui-port', '0']);
  expect(without.stderr).toContain('Add --ui.');
  let hears = (_port: string): void => undefined;
  const listens = new Promise<string>((resolve) => (hears = resolve));
  const output = listening(false, (url) => hears(new URL(url).port));
  const first = runAttune([...training('first'), '--ui'], { stdout: output.stdout });
  const busy = await Promise.race([listens, first.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  const second = await runAttune([...training('second'), '--ui', '--ui-port', busy]);
  expect(second.code).not.toBe(0);
  expect(second.stderr).toContain('another program listens there');
  await first;
});
