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

/** Commands that go on until Ctrl-C: a test that failed leaves none. */
const waiting = new Set<(signal: 'SIGINT') => void>();
const pressCtrlC = () => waiting.forEach((interrupt) => interrupt('SIGINT'));
afterEach(pressCtrlC);
const onInterrupt = (listener: (signal: 'SIGINT') => void) => {
  waiting.add(listener);
  return () => void waiting.delete(listener);
};

/** An output that calls back with the address of the page as soon as the first step is told of. */
function listening(isTTY: boolean, onFirstStep: (url: string) => void) {
  const beginning = /page {5}(http\S+)[^]*step 1\//;
  let text = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const isNew = !beginning.test(text);
      text += chunk.toString();
      const [, url] = beginning.exec(text) ?? [];
      if (isNew && url !== undefined) onFirstStep(url);
      done();
    },
  });
  return { stdout: Object.assign(stdout, { isTTY }), text: () => text };
}

const training = (out: string) => ['pretrain', '--data', join(dir, 'data'), '--out', join(dir, out), ...TINY];

/** A run that goes on until Ctrl-C. */
const endless = (out: string) => [...training(out), '--max-iters', '1000000', '--eval-interval', '0'];

test('--ui serves a page while the run goes on, and ends with it', async () => {
  let [page, address] = [Promise.resolve(''), ''];
  const output = listening(false, (url) => {
    address = url;
    page = fetch(url)
      .then((response) => response.text())
      .finally(pressCtrlC);
  });
  const { code } = await runAttune([...endless('run'), '--ui'], { stdout: output.stdout, onInterrupt });
  expect(code).toBe(130);
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/);
  expect(await page).toContain('<title>attune</title>');
  await expect(fetch(address)).rejects.toThrow('fetch failed');
});

test('on a terminal the page stays at the end of a run, until Ctrl-C', async () => {
  const output = listening(true, () => undefined);
  const ends = runAttune([...training('whole'), '--ui'], {
    stdout: output.stdout,
    onInterrupt: (listener) => {
      if (output.text().includes('stays until Ctrl-C')) setImmediate(listener, 'SIGINT');
      return onInterrupt(listener);
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
  const first = runAttune([...endless('first'), '--ui'], { stdout: output.stdout, onInterrupt });
  const busy = await Promise.race([listens, first.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  const second = await runAttune([...training('second'), '--ui', '--ui-port', busy]);
  expect(second.code).not.toBe(0);
  expect(second.stderr).toContain('another program listens there');
  pressCtrlC();
  expect((await first).code).toBe(130);
});
