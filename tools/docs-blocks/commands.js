import { spawn } from 'node:child_process';

const TIMEOUT_MS = 15 * 60_000;

/** Ends a process and what it has started. */
function end(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended.
  }
}

/**
 * Runs a command to its end.
 *
 * @returns {Promise<string | undefined>} what went wrong.
 */
export async function runCommand(command, args, options) {
  const { failure } = await startCommand(command, args, options);
  return failure;
}

/**
 * Starts a command, and waits for its end; of one that `serves`, for its address, and then it goes on until `stop`.
 *
 * @returns {Promise<{ failure?: string, stop(): Promise<void> }>}
 */
export function startCommand(command, args, { cwd, env, serves = false }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    child.on('error', (error) => (output += `\n${error.message}`));
    const closed = new Promise((done) => child.on('close', done));
    const stop = async () => {
      end(child, 'SIGTERM');
      const timer = setTimeout(() => end(child, 'SIGKILL'), 15_000);
      await closed;
      clearTimeout(timer);
    };
    const timer = setTimeout(() => {
      output += `\nNot done after ${TIMEOUT_MS / 60_000} minutes.`;
      end(child, 'SIGKILL');
    }, TIMEOUT_MS);
    const hear = (text) => {
      output = (output + text).slice(-8000);
      if (!serves || !/https?:\/\/\S+/.test(output)) return;
      clearTimeout(timer);
      resolve({ stop });
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const failure = code === 0 && !serves ? undefined : `ended with ${code ?? signal}:\n${output.trim()}`;
      resolve({ failure, stop });
    });
  });
}
