/**
 * Runs the blocks of the README and of the guides as they are printed, one after the other, in a clean clone and without
 * a network:
 *
 *     node tools/docs-blocks/run.js [FILE…]           # clones HEAD, installs and trains there, then runs the blocks
 *     node tools/docs-blocks/run.js --here [FILE…]    # in this checkout, in which that was done
 *
 * `sh` blocks are run by bash; `ts` blocks are checked by TypeScript as strictly as the packages are, then run. Each counts
 * as a test, in test-results.json beside this file.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readBlocks } from './blocks.js';

const FILES = ['README.md', 'docs/guide/programs.md'];
const TIMEOUT_MS = 15 * 60_000;
/** The model of the README's block that is marked `hub`. */
const HUB_MODEL = 'HuggingFaceTB/SmolLM2-135M';
const script = fileURLToPath(import.meta.url);
const source = fileURLToPath(new URL('../..', import.meta.url));

const given = process.argv.slice(2);
const files = given.filter((one) => !one.startsWith('--'));
const names = files.length > 0 ? files : FILES;

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
  const { status } = spawnSync(command, [...args, process.execPath, script, '--here', ...names], {
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

/** Runs a command. @returns {Promise<string | undefined>} what went wrong. */
function runCommand(command, args, { root, env, serves = false }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    let served = false;
    const end = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch {
        // It has ended.
      }
    };
    const timer = setTimeout(() => {
      output += `\nNot done after ${TIMEOUT_MS / 60_000} minutes.`;
      end('SIGKILL');
    }, TIMEOUT_MS);
    const hear = (text) => {
      output = (output + text).slice(-8000);
      if (!serves || served || !/https?:\/\/\S+/.test(output)) return;
      served = true;
      end('SIGTERM');
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const isDone = serves ? served : code === 0;
      resolve(isDone ? undefined : `ended with ${code ?? signal}:\n${output.trim()}`);
    });
  });
}

/** Checks a TypeScript block, and leaves it as JavaScript that runs. */
function compile({ file, line, code }, root, folder) {
  const ts = createRequire(join(root, 'package.json'))('typescript');
  const name = `${basename(file, '.md')}-${line}`;
  const path = join(folder, `${name}.mts`);
  writeFileSync(path, code);
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const checked = {
    ...options,
    noEmit: true,
    composite: false,
    incremental: false,
    types: ['node'],
    customConditions: [],
  };
  const found = ts.getPreEmitDiagnostics(ts.createProgram([path], checked));
  const faults = found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  const script = join(folder, `${name}.mjs`);
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  writeFileSync(script, ts.transpileModule(code, { compilerOptions }).outputText);
  return { script, fault: faults.length > 0 ? `is no valid TypeScript:\n${faults.join('\n')}` : undefined };
}

/** A hub on this machine that has, under the name of the README's model, the one that `npm start` trained. */
async function startHub(root) {
  register(pathToFileURL(join(root, 'tools/jest/typescript-hooks.mjs')));
  const { serveAsHub } = await import(pathToFileURL(join(root, 'apps/cli/src/testing/tiny-hub.ts')).href);
  return serveAsHub(join(root, 'runs/stories/final'), HUB_MODEL);
}

async function runBlocks(root) {
  const folder = join(root, '.tmp', 'docs-blocks');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const home = mkdtempSync(join(tmpdir(), 'attune-home-'));
  const hub = await startHub(root);
  const { PATH, TERM, LANG } = process.env;
  const results = {
    numPassedTests: 0,
    numFailedTests: 0,
    numRuntimeErrorTestSuites: 0,
    numPendingTests: 0,
    numTodoTests: 0,
  };
  try {
    for (const block of names.flatMap((name) => readBlocks(join(root, name), name))) {
      const { file, line, language, code, marks } = block;
      const title = `${file}:${line} ${code.split('\n')[0]}`;
      const skipped = marks.find((mark) => mark in SKIPPED);
      if (skipped !== undefined) {
        console.log(`- ${title} (${SKIPPED[skipped]})`);
        continue;
      }
      // Nothing of this machine but where its programs are.
      const env = {
        PATH,
        TERM,
        LANG,
        HOME: home,
        HF_ENDPOINT: marks.includes('hub') ? hub.endpoint : 'http://127.0.0.1:9',
      };
      const started = Date.now();
      const { script, fault } = language === 'ts' ? compile(block, root, folder) : {};
      const failure =
        fault ??
        (language === 'ts'
          ? await runCommand(process.execPath, [script], { root, env })
          : await runCommand('bash', ['-euo', 'pipefail', '-c', code], {
              root,
              env,
              serves: marks.includes('serves'),
            }));
      const seconds = Math.round((Date.now() - started) / 1000);
      if (failure === undefined) results.numPassedTests++;
      else results.numFailedTests++;
      console.log(`${failure === undefined ? '✓' : '✗'} ${title} (${seconds} s)`);
      if (failure !== undefined) console.log(`  ${failure.replaceAll('\n', '\n  ')}`);
    }
  } finally {
    await hub.close();
    rmSync(home, { recursive: true, force: true });
  }
  writeFileSync(new URL('test-results.json', import.meta.url), JSON.stringify(results));
  console.log(`${results.numPassedTests} blocks passed, ${results.numFailedTests} failed`);
  return results.numFailedTests > 0 ? 1 : 0;
}

if (process.env[ISOLATED] !== undefined) process.exitCode = await runBlocks(process.env[ISOLATED]);
else if (given.includes('--here')) process.exitCode = withoutNetwork(source);
else {
  const root = cleanClone();
  process.exitCode = withoutNetwork(root);
  if (process.exitCode === 0) rmSync(root, { recursive: true });
}
