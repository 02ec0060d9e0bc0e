/**
 * Runs the code of the README and of the guides as it is printed, one block after the other, in a clean clone and without a
 * network:
 *
 *     node tools/docs-blocks/run.js [FILE…]           # clones HEAD, installs and trains there, then runs the blocks
 *     node tools/docs-blocks/run.js --here [FILE…]    # in this checkout, in which that was done
 *
 * Each guide has a folder of its own, with the run of `npm start` and the examples' data; the README is run where a reader is.
 * `sh` blocks are run by bash, `js` blocks by Node, each by itself; the `ts` blocks of a page make up a module, which is checked
 * as strictly as the packages are, and run where its last block stands. Blocks that are not run say why, in a comment before
 * them. Each counts as a test, in test-results.json beside this file.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readBlocks, RUNNABLE } from './blocks.js';
import { runCommand, startCommand } from './commands.js';
import { compile, modulesOf } from './modules.js';
import { runnablePages } from './pages.js';

/** The model of blocks that are marked `hub`. */
const HUB_MODEL = 'HuggingFaceTB/SmolLM2-135M';
const script = fileURLToPath(import.meta.url);
const source = fileURLToPath(new URL('../..', import.meta.url));

const given = process.argv.slice(2);
const files = given.filter((one) => !one.startsWith('--'));

/** Blocks that are not run here, by their mark, and why. */
const SKIPPED = { first: 'was run first', elsewhere: 'has a spec of its own' };

/** Where no network is: this process, when it was started by {@link withoutNetwork}. */
const ISOLATED = 'ATTUNE_BLOCKS_ISOLATED';

/** How a command is kept from the network, or nothing where this machine does not allow it. */
function isolation() {
  const inside = ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  return [
    ['unshare', '--net'],
    ['unshare', '--map-root-user', '--net'],
  ]
    .map((unshare) => [...unshare, ...inside])
    .find(([command, ...args]) => spawnSync(command, [...args, 'true']).status === 0);
}

function withoutNetwork(root) {
  const [command, ...args] = isolation() ?? ['env'];
  if (command === 'env')
    console.log('This machine does not let a process give up its network: the blocks have one.');
  const { status } = spawnSync(command, [...args, process.execPath, script, '--here', ...files], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, [ISOLATED]: root },
  });
  return status ?? 1;
}

/** HEAD as a clone, installed and with its first model. */
function cleanClone() {
  const root = mkdtempSync(join(tmpdir(), 'attune-blocks-'));
  execFileSync('git', ['clone', '--quiet', source, root]);
  const [first] = readBlocks(join(root, 'README.md')).filter(({ marks }) => marks.includes('first'));
  const [line] = first.code.split('\n');
  console.log(`In ${root}: ${line}`);
  execFileSync('bash', ['-c', line], { cwd: root, stdio: 'inherit' });
  return root;
}

/** A hub on this machine that has, under the name of the README's model, the one that `npm start` trained. */
async function startHub(root) {
  register(pathToFileURL(join(root, 'tools/jest/typescript-hooks.mjs')));
  const { serveAsHub } = await import(pathToFileURL(join(root, 'apps/cli/src/testing/tiny-hub.ts')).href);
  return serveAsHub(join(root, 'runs/stories/final'), HUB_MODEL);
}

/** A page with its blocks, its modules, and the folder that it is run in. */
function preparePage(page, root, folder) {
  const own = join(folder, page.replaceAll('/', '-').replace(/\.md$/, ''));
  mkdirSync(own);
  const cwd = page === 'README.md' ? root : own;
  if (cwd === own) {
    for (const part of ['runs/stories', 'examples/data']) {
      cpSync(join(root, part), join(own, part), { recursive: true });
    }
  }
  const blocks = readBlocks(join(root, page), page).filter(({ language }) => RUNNABLE.includes(language));
  const modules = modulesOf(blocks).map((module) => ({
    ...module,
    path: join(own, `line-${module.first.line}`),
  }));
  return { page, blocks, modules, own, cwd };
}

/** The reason why a block is not run, if there is one. */
function reasonToSkip({ marks, reason, language }) {
  const mark = marks.find((one) => one in SKIPPED);
  if (mark !== undefined) return SKIPPED[mark];
  if (reason !== undefined) return reason;
  if (language === 'python') return 'Python: its packages are not part of a checkout';
  return undefined;
}

async function runPage({ page, blocks, modules, own, cwd }, { env, hub, faults, report }) {
  const servers = [];
  try {
    for (const block of blocks) {
      const { line, language, code, marks } = block;
      const title = `${page}:${line} ${code.split('\n')[0]}`;
      const skipped = reasonToSkip(block);
      if (skipped !== undefined) {
        report.skip(title, skipped);
        continue;
      }
      const started = Date.now();
      const options = { cwd, env: marks.includes('hub') ? { ...env, HF_ENDPOINT: hub.endpoint } : env };
      let failure;
      if (language === 'ts') {
        const module = modules.find(({ last }) => last === block);
        // The others of its module are run with it.
        if (module === undefined) continue;
        const found = faults.get(module.path);
        failure = found
          ? `is no valid TypeScript:\n${found.join('\n')}`
          : await runCommand(process.execPath, [`${module.path}.mjs`], options);
      } else if (language === 'js') {
        const path = join(own, `line-${line}.mjs`);
        writeFileSync(path, code);
        failure = await runCommand(process.execPath, [path], options);
      } else {
        const serves = marks.includes('serves');
        const server = await startCommand('bash', ['-euo', 'pipefail', '-c', code], { ...options, serves });
        if (serves) servers.push(server);
        ({ failure } = server);
      }
      report.result(title, failure, Math.round((Date.now() - started) / 1000));
    }
  } finally {
    for (const { stop } of servers) await stop();
  }
}

/** Counts results as jest does, and prints each. */
function createReport() {
  const results = {
    numPassedTests: 0,
    numFailedTests: 0,
    numRuntimeErrorTestSuites: 0,
    numPendingTests: 0,
    numTodoTests: 0,
  };
  return {
    results,
    skip(title, reason) {
      results.numPendingTests++;
      console.log(`- ${title} (${reason})`);
    },
    result(title, failure, seconds) {
      if (failure === undefined) results.numPassedTests++;
      else results.numFailedTests++;
      console.log(`${failure === undefined ? '✓' : '✗'} ${title} (${seconds} s)`);
      if (failure !== undefined) console.log(`  ${failure.replaceAll('\n', '\n  ')}`);
    },
  };
}

async function runBlocks(root) {
  const folder = join(root, '.tmp', 'docs-blocks');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const home = mkdtempSync(join(tmpdir(), 'attune-home-'));
  const hub = await startHub(root);
  const { PATH, TERM, LANG } = process.env;
  // Nothing of this machine but where its programs are, the command of this checkout among them.
  const env = {
    PATH: `${join(root, 'node_modules/.bin')}:${PATH}`,
    TERM,
    LANG,
    HOME: home,
    HF_ENDPOINT: 'http://127.0.0.1:9',
  };
  const report = createReport();
  const { results } = report;
  const started = Date.now();
  try {
    const names = files.length > 0 ? files : runnablePages(root);
    const pages = names.map((page) => preparePage(page, root, folder));
    const faults = compile(
      pages.flatMap(({ modules }) => modules),
      root,
    );
    console.log(`Checked the TypeScript of all pages (${Math.round((Date.now() - started) / 1000)} s)`);
    for (const page of pages) await runPage(page, { env, hub, faults, report });
  } finally {
    await hub.close();
    rmSync(home, { recursive: true, force: true });
  }
  writeFileSync(new URL('test-results.json', import.meta.url), JSON.stringify(results));
  console.log(
    `${results.numPassedTests} blocks passed, ${results.numFailedTests} failed, ` +
      `${results.numPendingTests} skipped, in ${Math.round((Date.now() - started) / 1000)} s`,
  );
  return results.numFailedTests > 0 ? 1 : 0;
}

if (process.env[ISOLATED] !== undefined) process.exitCode = await runBlocks(process.env[ISOLATED]);
else if (given.includes('--here')) process.exitCode = withoutNetwork(source);
else {
  const root = cleanClone();
  process.exitCode = withoutNetwork(root);
  if (process.exitCode === 0) rmSync(root, { recursive: true });
}
