/**
 * One cell of the matrix, as a process of its own: `node cell.js JSON`, where JSON is `{ where, backend, options }`; `where` is
 * `node`, `chromium` or `sanitized`. Its last line is the result, as JSON.
 */
import { readFile } from 'node:fs/promises';
import { describeBackend, Recorder, runRecorded } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';

const { where, backend, options } = JSON.parse(process.argv[2]);
const runner = new Recorder();
let device = '';

async function registerHere() {
  const { backend: plugin } = await import(`../../packages/backend-${backend}/dist/index.js`);
  const create = () => plugin.create(options);
  const found = await plugin.isAvailable(options);
  if (!found.available) return found.reason;
  const first = await create();
  device = first.device.description;
  await first.dispose();
  await describeBackend({ name: backend, create, runner, fixtures });
  return undefined;
}

/** Native kernels that watch their memory: no backend opens them. */
async function registerSanitized() {
  const { engineBackend } = await import('@attune/core');
  const { engineOn } = await import('@attune/engine');
  const { loadAddon } = await import('../../packages/engine/dist/node/addon.js');
  const { openAddon } = await import('../../packages/engine/dist/node/native.js');
  const addon = loadAddon(process.env.ATTUNE_SANITIZED_ADDON);
  const { isa, threads } = options;
  if (addon.addon && !addon.addon.isas.includes(isa)) return `this processor has no ${isa}`;
  const create = async () =>
    engineBackend(engineOn(openAddon(addon, { isa, threads }), { name: 'cpu', description: isa }));
  await describeBackend({ name: backend, create, runner, fixtures });
  return undefined;
}

async function registerInChromium() {
  const { describeInBrowser } = await import('../browser-harness/dist/index.js');
  const files = async (path) => {
    if (path === 'options.json') return new TextEncoder().encode(JSON.stringify(options));
    const wasm = /^wasm\/(.*)$/.exec(path);
    return wasm
      ? readFile(new URL(`../../packages/engine/dist/wasm/${wasm[1]}`, import.meta.url))
      : fixtures(path);
  };
  const page = new URL('../../packages/backend-wasm/src/testing/chosen-engine.page.ts', import.meta.url);
  await describeInBrowser({ name: 'in Chromium', page, runner, files });
  return undefined;
}

/** The first lines of a message: a table has no room for more. */
const short = ({ name, message }) => ({ name, message: message.split('\n', 3).join(' ') });

const started = Date.now();
let results = { passed: [], failed: [], skipped: [] };
let reason;
try {
  const register = { node: registerHere, chromium: registerInChromium, sanitized: registerSanitized }[where];
  reason = await register();
  if (reason === undefined) results = await runRecorded(runner);
} catch (error) {
  results.failed.push({ name: 'registering the tests', message: String(error?.stack ?? error) });
}
const { passed, skipped, failed } = results;
const seconds = Math.round((Date.now() - started) / 1000);
const cell = { device, passed: passed.length, skipped, failed: failed.map(short), seconds, notRun: reason };
console.log(`\n${JSON.stringify(cell)}`);
process.exit(0);
