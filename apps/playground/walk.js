/**
 * Walks through the playground as a new user does, with what it proposes, and prints the seconds of each step: the page is built and
 * served, a tiny model is trained on the embedded stories, fine-tuned on pasted questions, and talked with. Needs Chromium.
 *
 *     node apps/playground/walk.js [FOLDER]     # FOLDER: for a screenshot of each step
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium, launchChromium } from '@attune/browser-harness';

const shots = process.argv[2];
const LONG = { timeout: 600_000 };

// The tiny model reads 64 characters, and knows those of the stories alone.
const rows = `Q: Ida was a shy duck. So what was Ida?
A: a shy duck

Q: Sam was a brave cat. So what was Sam?
A: a brave cat

Q: Mia was a small dog. So what was Mia?
A: a small dog

Q: Adam was a kind fox. So what was Adam?
A: a kind fox

Q: Nina was a quiet hen. So what was Nina?
A: a quiet hen
`;

const out = await mkdtemp(join(tmpdir(), 'attune-playground-walk-'));
let step = 0;
let page;

/** Does a step, and prints the seconds that it took, with what is to be seen then. */
async function walk(what, work) {
  const started = performance.now();
  const seen = await work();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${seconds.padStart(6)} s  ${what}${seen ? `: ${String(seen).replaceAll(/\s+/g, ' ').slice(0, 90)}` : ''}`,
  );
  step++;
  if (shots && page) await page.screenshot({ path: join(shots, `${step}.png`), fullPage: true });
}

if (shots) await mkdir(shots, { recursive: true });
const script = fileURLToPath(new URL('serve.js', import.meta.url));
const server = spawn(process.execPath, [script, '--port', '0', '--out', out]);
let browser;
try {
  let url = '';
  await walk('the page is built and served', async () => {
    url = await new Promise((resolve, reject) => {
      let output = '';
      server.stdout.on('data', (chunk) => {
        output += chunk;
        const [, found] = /is at (http:\S+)/.exec(output) ?? [];
        if (found) resolve(found);
      });
      server.once('exit', () => reject(new Error(`It cannot be served.\n${output}`)));
    });
  });
  browser = await launchChromium(await findChromium(), false);
  page = await browser.newPage();
  page.on('dialog', (dialog) => void dialog.accept());
  const pretraining = (phase) => page.locator(`body[data-phase=${phase}]`).waitFor(LONG);
  const tuning = (phase) => page.locator(`#finetune[data-phase=${phase}]`).waitFor(LONG);

  await walk('it is opened, and can train', async () => {
    await page.goto(url);
    await pretraining('empty');
    return page.innerText('#backends label:has(:checked)');
  });
  await walk('Train: the first step', async () => {
    await page.click('#primary');
    await page.waitForFunction(() => Number(document.getElementById('step').value) >= 1, undefined, LONG);
    return `loss ${await page.innerText('#loss')}`;
  });
  await walk('the first sample', async () => {
    await page.locator('#samples li pre').first().waitFor(LONG);
    return page.innerText('#samples li pre');
  });
  await walk('the end of the training', async () => {
    await pretraining('finished');
    return `validation loss ${await page.innerText('#val-loss')}, ${await page.innerText('#speed')} tokens/s`;
  });
  await walk('Write: a text that it goes on with', async () => {
    await page.fill('#prompt', 'Once there was');
    await page.click('#write');
    await page.locator('#written[aria-busy=false]').waitFor(LONG);
    return page.innerText('#written');
  });
  await walk('Fine-tune: the run is taken', async () => {
    await page.click('#tab-finetune');
    await page.click('#open-pretrained');
    await tuning('ready');
    return page.innerText('#model-about');
  });
  await walk('rows are pasted: Show the mask', async () => {
    await page.fill('#tune-rows', rows);
    await page.click('#tune-preview');
    await page.locator('#mask:visible, #tune-message[data-kind=error]:visible').first().waitFor(LONG);
    return page.innerText((await page.isVisible('#mask-summary')) ? '#mask-summary' : '#tune-message');
  });
  await walk('Fine-tune: to the end', async () => {
    await page.click('#tune-primary');
    await tuning('finished');
    return page.innerText('#tune-sample');
  });
  await walk('Chat: an answer', async () => {
    await page.click('#tab-chat');
    await page.fill('#chat-box', 'Ida was a shy duck. So what was Ida?');
    await page.press('#chat-box', 'Enter');
    await page.locator('#chat-log .answer[aria-busy=false]').waitFor(LONG);
    return page.innerText('#chat-log .answer');
  });
  await walk('the adapter is downloaded', async () => {
    await page.click('#tab-finetune');
    const downloading = page.waitForEvent('download');
    await page.click('#tune-download-adapter');
    return (await downloading).suggestedFilename();
  });
} finally {
  await browser?.close();
  server.kill();
  await rm(out, { recursive: true, force: true });
}
