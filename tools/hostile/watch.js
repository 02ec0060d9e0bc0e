/**
 * Runs a command and says what it did wrong: a crash, a hang, growth, code that was run, a file changed outside its folder,
 * a secret shown, a terminal commanded, an error that is none of attune's.
 */
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { runAlone } from './alone.js';
import { differences, filesWithToken, snapshot, TOKEN } from './places.js';

/** Limits of a command beyond what it takes on honest files. */
const LIMITS = {
  /** Processor time, so that a busy machine is no hang. */
  cpuSeconds: 5,
  /** Time at all, for what hangs asleep. */
  wallSeconds: 30,
  bytes: 300 * 2 ** 20,
  /** All that a command has to say, with what it shows of a file. */
  outputBytes: 2 ** 20,
  errorBytes: 2 ** 14,
};

/** Exit codes of `docs/guide/cli.md`, without that of an unexpected error. */
const DOCUMENTED = new Set([0, 2, 3, 4, 5]);

/** Controls that a file must not get onto the screen. attune's own colours are taken away first. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const KEPT = /[\t\n\u200c\u200d]|\u001b\[[0-9;]*m/g;

const RAW =
  /This is unexpected|^\s+at .*:\d+:\d+\)?$|FATAL ERROR|Unhandled|(Range|Type|Reference|Syntax)Error|heap out of memory/m;

/** Faults of how it ended, and of what it said. */
function faultsOf({ code, signal, stopped, stdout, stderr, said, ...result }, limits, { refused, speaks }) {
  const faults = [...(result.faults ?? [])];
  if (stopped) faults.push(stopped);
  else if (signal) faults.push(`crashes: ${signal}`);
  else if (!DOCUMENTED.has(code)) faults.push(`ends with exit code ${code}`);
  if (code > 0 && !/^error [A-Z_]+: ./m.test(stderr) && !/^error: /m.test(stderr)) {
    faults.push('fails without an error of its own');
  }
  if (refused && code === 0) faults.push('takes what it has to refuse');
  if (RAW.test(stderr)) faults.push('prints a raw error');
  if (stderr.length > limits.errorBytes) faults.push(`prints ${stderr.length} bytes of errors`);
  if (said > limits.outputBytes) faults.push(`prints ${said} bytes`);
  // What a model says goes into a pipe, such as this one, as it is.
  const control = CONTROL.exec((speaks ? stderr : stdout + stderr).replace(KEPT, ''));
  if (control)
    faults.push(`prints a raw control, U+${control[0].codePointAt(0).toString(16).padStart(4, '0')}`);
  if ((stdout + stderr).includes(TOKEN)) faults.push('prints the token');
  return faults;
}

/** Faults of the files. */
function faultsOnDisk(places, before, { cache = false }) {
  // A download goes to the cache, in the user's folder.
  const isAllowed = (path) => cache && path.startsWith(`${places.home}/.cache`);
  const changed = differences(before, snapshot(places)).filter((path) => !isAllowed(path));
  const marker = places.marker('');
  return [
    ...changed.map((path) =>
      path.startsWith(marker)
        ? `runs planted code: ${path.slice(marker.length)}`
        : `changes ${path}, outside its folder`,
    ),
    ...filesWithToken(places.root).map((path) => `writes the token into ${path}`),
    ...(existsSync(places.temporary) ? readdirSync(places.temporary) : []).map(
      (name) => `leaves ${name} in the folder for temporary files`,
    ),
  ];
}

/**
 * Runs a command in a case's folders.
 *
 * @param options.run runs it: in a process of its own, or in a shared one
 * @param options.baseline what the same command took on honest files
 * @param options.refused whether it must not end well
 * @param options.speaks whether it prints what a model says
 * @param options.cache whether it may write to the hub's cache
 * @returns what it took and said, and what it did wrong, as a list of sentences
 */
export async function watch(places, args, { run = runAlone, baseline, env, ...options } = {}) {
  const limits = { ...LIMITS, ...options.limits };
  const before = snapshot(places);
  // Where others work as well, everybody waits.
  const busy = Math.max(1, loadavg()[0] / availableParallelism());
  const isTooMuch = ({ cpuSeconds, bytes, seconds }) => {
    if (cpuSeconds > (baseline?.cpuSeconds ?? 0) + limits.cpuSeconds) return 'hangs: too much processor time';
    if (bytes > (baseline?.bytes ?? 0) + limits.bytes) return 'grows: too much memory';
    if (seconds > limits.wallSeconds * busy) return 'hangs: asleep for too long';
    return undefined;
  };
  const result = await run(args, {
    cwd: places.work,
    env: {
      ...{
        PATH: process.env.PATH,
        HOME: places.home,
        TMPDIR: places.temporary,
        HF_TOKEN: TOKEN,
        HF_HUB_OFFLINE: '1',
      },
      ...env,
    },
    isTooMuch,
    ...options,
  });
  result.stopped ??= isTooMuch({ ...result, seconds: 0 });
  const faults = [...faultsOf(result, limits, options), ...faultsOnDisk(places, before, options)];
  return { ...result, faults };
}
