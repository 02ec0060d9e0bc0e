/**
 * Trains small models on the embedded corpus, adapts and exports them, and asks runtimes that are not attune's what they make
 * of them:
 *
 *     node tools/travel/run.js        # once built
 *
 * The runtimes are installed into `.tmp/travel`, outside the workspace and its lockfile, and without their install scripts.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkLlamaCpp } from './llama-cpp.js';
import { makeModels } from './models.js';
import { checkOnnx } from './onnx.js';

const folder = fileURLToPath(new URL('../../.tmp/travel', import.meta.url));

let failed = 0;
function check(what, holds) {
  if (!holds) failed++;
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${what}`);
}

/** Runs a part, and says how long it took. */
async function timed(name, part) {
  const started = performance.now();
  const result = await part();
  console.log(`       ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

await mkdir(folder, { recursive: true });
const work = await mkdtemp(join(folder, 'models-'));
try {
  const models = await timed('models trained, adapted and merged', () => makeModels(work));
  await timed('onnxruntime-web and transformers.js', () => checkOnnx(work, models, check));
  await timed('llama.cpp', () => checkLlamaCpp(folder, models, check));
} catch (error) {
  failed++;
  console.error(`FAILED ${error.message}`);
} finally {
  await rm(work, { recursive: true, force: true });
}
console.log(failed > 0 ? `${failed} failed` : 'Everything travels.');
process.exit(failed > 0 ? 1 : 0);
