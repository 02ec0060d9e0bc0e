/** Runs a command as the user does: a process of its own, from its start to its end. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { keep } from './kept-output.js';
import { memoryOf, cpuSecondsOf } from './usage.js';

const attune = fileURLToPath(new URL('../../apps/cli/bin/attune.js', import.meta.url));

/** How often a process is looked at. What it takes at the very end may be missed. */
const EVERY_MS = 25;

/**
 * @param options.isTooMuch called with what was taken so far; returns why the process is to be ended, if it is
 * @param options.program in place of attune
 * @returns the exit code or the signal, what was said, what it took
 */
export async function runAlone(args, { cwd, env, stdin = '', isTooMuch, program = attune }) {
  const started = performance.now();
  const child = spawn(process.execPath, [program, ...args], { cwd, env, detached: true });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const [stdout, stderr] = [keep(child.stdout), keep(child.stderr)];
  const taken = { cpuSeconds: 0, bytes: 0, seconds: 0 };
  let stopped;
  const timer = setInterval(() => {
    taken.cpuSeconds = Math.max(taken.cpuSeconds, cpuSecondsOf(child.pid));
    taken.bytes = Math.max(taken.bytes, memoryOf(child.pid).most);
    taken.seconds = (performance.now() - started) / 1000;
    stopped ??= isTooMuch(taken);
    if (stopped) {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
  }, EVERY_MS);
  const ended = await new Promise((done) => child.on('close', (code, signal) => done({ code, signal })));
  clearInterval(timer);
  taken.seconds = (performance.now() - started) / 1000;
  return {
    ...ended,
    ...taken,
    stopped,
    stdout: stdout.text,
    stderr: stderr.text,
    said: stdout.bytes + stderr.bytes,
  };
}
