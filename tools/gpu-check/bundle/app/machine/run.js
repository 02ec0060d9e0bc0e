import { execFile } from 'node:child_process';

/**
 * The output of a program, or `undefined` where it is missing, fails or takes too long. With `failing`, it is that of one that
 * fails, of stderr too.
 */
export const outputOf = (command, args, { env = process.env, ms = 15_000, failing = false } = {}) =>
  new Promise((resolve) => {
    execFile(command, args, { env, timeout: ms, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      const hasFailed = typeof error?.code === 'number';
      if (failing) resolve(hasFailed ? `${stdout}${stderr}`.trim() : undefined);
      else resolve(error ? undefined : stdout.trim());
    });
    // One that hangs in its driver does not end even so.
    setTimeout(resolve, ms + 1000).unref();
  });
