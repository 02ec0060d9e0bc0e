/**
 * Runs the specs of the rules on kernels that watch their own memory and arithmetic (ASan and UBSan): `node build/sanitize.js
 * [file ...]`. Needs gcc on Linux. The first fault ends it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathOf } from './sources.js';

const node = (args, env) =>
  spawnSync(process.execPath, args, { cwd: pathOf('.'), stdio: 'inherit', env: { ...process.env, ...env } });

const built = node(['build/native.js', '--sanitize']);
if (built.status !== 0) process.exit(built.status ?? 1);

const libraryOf = (name) =>
  execFileSync(process.env['CC'] ?? 'gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const specs = process.argv.slice(2);
const { status } = node(
  [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest, '--runInBand'],
    ...(specs.length > 0 ? specs : ['src/rules']),
  ],
  {
    // Node itself is not built with it: the library has to be there first.
    LD_PRELOAD: `${libraryOf('libasan.so')}:${libraryOf('libubsan.so')}`,
    // What Node keeps until its end is no leak; its signal handlers are its own.
    ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1:handle_segv=1:allow_user_segv_handler=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
    ATTUNE_SANITIZED_ADDON: pathOf('dist/sanitize/engine.node'),
  },
);
process.exitCode = status ?? 1;
