import { execFile } from 'node:child_process';

/** The output of a program, or `undefined` where it is missing, fails or takes too long. */
export const outputOf = (command, args, { env = process.env, ms = 15_000 } = {}) =>
  new Promise((resolve) => {
    execFile(command, args, { env, timeout: ms, killSignal: 'SIGKILL' }, (error, stdout) =>
      resolve(error ? undefined : stdout.trim()),
    );
    // One that hangs in its driver does not end even so.
    setTimeout(resolve, ms + 1000).unref();
  });
