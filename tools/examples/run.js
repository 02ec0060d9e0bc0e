/**
 * Runs the tests of the examples as a stranger would: copied into a folder outside the repository, with attune's packages
 * installed from their tarballs. One installation has what all of them ask for; none may import what its package.json does not
 * name. Needs the packages built, Chromium, and npm's registry or its cache.
 *
 *     node tools/examples/run.js [--keep] [NAME]...
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { undeclaredImports } from './imports.js';
import { root } from '../packages/published.js';
import { installRuntimes } from './runtimes.js';
import { asDependencies, tarballs } from '../packages/tarballs.js';

const EXAMPLES = ['node-script', 'bun-deno', 'vite-worker', 'notebook'];
const TIMEOUT_MS = 5 * 60_000;

const { values, positionals } = parseArgs({
  options: { keep: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : EXAMPLES;
const folder = mkdtempSync(join(tmpdir(), 'attune-examples-'));
const faults = [];

const read = (name, file) => readFileSync(join(root, 'examples', name, file), 'utf8');

/** Names and versions that an example asks for. */
function wanted(name) {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(read(name, 'package.json'));
  return { ...dependencies, ...devDependencies };
}

/** Installs what all examples ask for into the folder above them; attune's packages come from their tarballs. */
function install(packed) {
  const dependencies = {};
  for (const name of names) {
    for (const [one, version] of Object.entries(wanted(name))) {
      if (one.startsWith('@attune/')) {
        if (!packed[one]) faults.push(`${name} asks for ${one}, which is not published`);
      } else if (dependencies[one] !== undefined && dependencies[one] !== version) {
        faults.push(`${name} asks for ${one} ${version}, and another example for ${dependencies[one]}`);
      } else {
        dependencies[one] = version;
      }
    }
  }
  const manifest = { private: true, type: 'module', dependencies: { ...dependencies, ...packed } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const args = ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm did not install the examples:\n${stderr}`);
}

/** Copies an example, as it is in the repository, and runs its own test. */
function runTest(name, path) {
  const home = join(folder, name);
  const isSource = (file) => !/(^|\/)(node_modules|dist|out|model)$/.test(file);
  cpSync(join(root, 'examples', name), home, { recursive: true, filter: isSource });
  for (const found of undeclaredImports(home, wanted(name))) faults.push(`${name}: ${found}`);
  const started = performance.now();
  const env = { ...process.env, PATH: [path, process.env.PATH].join(delimiter), NODE_OPTIONS: '' };
  const { status, stdout, stderr } = spawnSync('npm', ['test'], {
    cwd: home,
    env,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  const text = stdout + stderr;
  const skipped = /^# skipped [1-9]/m.test(text);
  if (status !== 0 || skipped)
    faults.push(`${name} ${skipped ? 'skips a test' : `ended with ${status}`}:\n${text}`);
  const passed = /^# pass (\d+)/m.exec(text)?.[1] ?? 0;
  console.log(`${name}: ${passed} tests, ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

try {
  // Other folders of examples have checks of their own.
  for (const name of names) {
    if (!readdirSync(join(root, 'examples', name)).includes('README.md'))
      faults.push(`${name} has no README.md`);
  }
  install(asDependencies(await tarballs()));
  const path = names.includes('bun-deno') ? installRuntimes(join(root, '.tmp/runtimes')) : '';
  for (const name of names) runTest(name, path);
} finally {
  if (values.keep) console.log(`kept in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
for (const fault of faults) console.error(`✗ ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
