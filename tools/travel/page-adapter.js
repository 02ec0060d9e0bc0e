/**
 * Fine-tunes a small model in the playground, in headless Chromium, downloads the adapter as a user does, and asks peft for
 * its logits. They are compared with those of attune, which opens the model and the adapter as the command line does:
 *
 *     node tools/travel/page-adapter.js [PYTHON]        # once built
 *
 * PYTHON (default `python3`) has torch, transformers and peft: see `tools/reference/requirements.txt`. It is run by hand.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findChromium, launchChromium } from '@attune/browser-harness';
import { createBackend } from '@attune/core';
import { modelLogits, probeTexts } from '@attune/export-onnx';
import { readZipArchive } from '@attune/files';
import { openModel } from '@attune/runs';
import { diskHost } from '@attune/runs/node';
import { allocateParameters } from '@attune/train';

const TOLERANCE = 1e-4;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const base = here('../../packages/backend-testkit/fixtures/finetune_llama/model');

const rows = ['red ball', 'blue hat', 'green cake', 'grey cup']
  .map((thing) => `Q: Tom has a ${thing}. What does Tom have?\nA: A ${thing}.\n`)
  .join('\n');

/** Builds and serves the page. */
async function servePage(out) {
  const server = spawn(process.execPath, [
    here('../../apps/playground/serve.js'),
    '--port',
    '0',
    '--out',
    out,
  ]);
  const url = await new Promise((resolve, reject) => {
    let output = '';
    server.stdout.on('data', (chunk) => {
      output += chunk;
      const [, found] = /is at (http:\S+)/.exec(output) ?? [];
      if (found) resolve(found);
    });
    server.once('exit', () => reject(new Error(`The page cannot be served.\n${output}`)));
  });
  return { url, close: () => server.kill() };
}

/** Fine-tunes in the page, and returns the archive that it gives away. */
async function trainInPage(url) {
  const browser = await launchChromium(await findChromium(), false);
  try {
    const page = await browser.newPage();
    await page.goto(`${url}#finetune`);
    const phase = (name) => page.locator(`#finetune[data-phase=${name}]`).waitFor({ timeout: 120_000 });
    await phase('no-model');
    await page.setInputFiles('#model-folder', base);
    await phase('ready');
    for (const [field, value] of Object.entries({ epochs: 20, learningRate: 0.02, validationFraction: 0 })) {
      await page.fill(`#tune-${field}`, String(value));
    }
    await page.selectOption('#tune-targetModules', 'all-linear');
    await page.fill('#tune-rows', rows);
    await page.click('#tune-primary');
    await phase('finished');
    const downloading = page.waitForEvent('download');
    await page.click('#tune-download-adapter');
    return await readFile(await (await downloading).path());
  } finally {
    await browser.close();
  }
}

/** The logits that attune computes for some tokens, with the adapter or without. */
async function attuneLogits(adapter, tokens) {
  const host = diskHost({ withBackend: async () => undefined });
  const { model, tensors } = await openModel({ model: base, adapter }, host);
  const backend = await createBackend('cpu');
  try {
    const state = await allocateParameters(backend, model, { tensors });
    const texts = tokens ?? probeTexts(model.config);
    const { logits } = await modelLogits({ backend, model, state }, texts);
    return { tokens: texts, logits };
  } finally {
    await backend.dispose();
  }
}

const farthest = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

const work = await mkdtemp(join(tmpdir(), 'attune-page-adapter-'));
const page = await servePage(join(work, 'page'));
try {
  const archive = await trainInPage(page.url);
  for (const [path, bytes] of await readZipArchive(new Blob([archive]))) {
    await mkdir(dirname(join(work, path)), { recursive: true });
    await writeFile(join(work, path), bytes);
  }
  const adapter = join(work, 'model-adapter');
  const { tokens, logits } = await attuneLogits(adapter);
  const plain = await attuneLogits(undefined, tokens);
  await writeFile(join(work, 'tokens.json'), JSON.stringify(tokens));
  const script = here('../reference/adapter_logits.py');
  const args = [script, base, adapter, join(work, 'tokens.json')];
  const python = process.argv[2] ?? 'python3';
  const { stdout } = await promisify(execFile)(python, args, { maxBuffer: 2 ** 28 });
  const { versions, logits: peft } = JSON.parse(stdout);
  const result = {
    versions,
    tokens: tokens.flat().length,
    logits: logits.length,
    // How much the adapter changes: without it, the comparison would say nothing.
    changedBy: farthest(logits, plain.logits),
    differsFromPeftBy: farthest(logits, peft),
  };
  console.log(JSON.stringify(result, null, 2));
  if (!(logits.length === peft.length && result.differsFromPeftBy <= TOLERANCE && result.changedBy > 0.1)) {
    console.error(`FAILED: they are to agree to ${TOLERANCE}, and the adapter is to change them.`);
    process.exitCode = 1;
  }
} finally {
  page.close();
  await rm(work, { recursive: true, force: true });
}
