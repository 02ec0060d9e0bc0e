/** Native kernels that watch their own memory and arithmetic (ASan and UBSan): for specs, the fuzz and the conformance kit. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pathOf } from './sources.js';

const compiler = () => process.env['CC'] ?? 'gcc';

/** Builds the addon, if it is not up to date: `{ file }`, or why that cannot be: `{ fault }`. @throws Error if it does not compile. */
export function buildSanitized() {
  if (process.platform !== 'linux') return { fault: 'sanitizers are run on Linux' };
  if (spawnSync(compiler(), ['--version'], { stdio: 'ignore' }).status !== 0) {
    return { fault: `there is no ${compiler()} (e.g. apt-get install gcc)` };
  }
  const missing = libraries().find((library) => !existsSync(library));
  if (missing !== undefined) return { fault: `${compiler()} has no ${missing}` };
  const args = [pathOf('build/native.js'), '--sanitize'];
  const { status } = spawnSync(process.execPath, args, { cwd: pathOf('.'), stdio: ['ignore', 2, 2] });
  const file = pathOf('dist/sanitize/engine.node');
  if (status !== 0 || !existsSync(file)) throw new Error('The sanitized addon does not compile.');
  return { file };
}

function libraries() {
  return ['libasan.so', 'libubsan.so'].map((name) =>
    execFileSync(compiler(), [`-print-file-name=${name}`], { encoding: 'utf8' }).trim(),
  );
}

/** The environment of a process that loads the addon. The first fault ends the process. */
export const sanitizedEnvironment = (file) => ({
  // Node itself is not built with it: the library has to be there first.
  LD_PRELOAD: libraries().join(':'),
  // What Node keeps until its end is no leak; its signal handlers are its own.
  ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1:handle_segv=1:allow_user_segv_handler=1',
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
  ATTUNE_SANITIZED_ADDON: file,
});
