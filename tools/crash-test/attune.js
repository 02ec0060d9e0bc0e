import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../apps/cli/bin/attune.js', import.meta.url));

/** Starts the command by a launcher, a command itself. What it says on stderr is kept for whoever looks into a failure. */
export function launchAttune(launcher, env, ...args) {
  const [command, ...rest] = [...launcher, process.execPath, bin, ...args];
  const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'], env });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  // All that was said on stderr is there when it closes, which may be after the process has ended.
  return { child, ended: once(child, 'close').then(([code, signal]) => ({ code, signal, stderr })) };
}

/** Starts the command. */
export const startAttune = (...args) => launchAttune([], process.env, ...args);

/** Runs the command to its end, which has to be a good one. Returns how many milliseconds it took. */
export async function runAttune(...args) {
  const started = performance.now();
  const { code, stderr } = await startAttune(...args).ended;
  assert.equal(code, 0, `attune ${args.join(' ')} ended with ${code}: ${stderr}`);
  return performance.now() - started;
}

/** The whole lines of a run's log, without what depends on the clock. */
export async function readLog(run) {
  const text = await readFile(join(run, 'metrics.jsonl'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => ({ ...JSON.parse(line), tokensPerSecond: 0, stepMs: 0 }));
}

/** A text that is easy to learn. */
export const TEXT = 'the cat sat on the mat. the dog sat on the log.\n'.repeat(40);
