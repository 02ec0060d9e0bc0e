/**
 * Runs the specs of the rules on kernels that watch their own memory and arithmetic (ASan and UBSan): `node build/sanitize.js
 * [file ...]`. Needs gcc on Linux. The first fault ends it.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { buildSanitized, sanitizedEnvironment } from './sanitizers.js';
import { pathOf } from './sources.js';

const { file, fault } = buildSanitized();
if (fault) {
  console.error(fault);
  process.exit(1);
}
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const specs = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest, '--runInBand'],
    ...(specs.length > 0 ? specs : ['src/rules']),
  ],
  { cwd: pathOf('.'), stdio: 'inherit', env: { ...process.env, ...sanitizedEnvironment(file) } },
);
process.exitCode = status ?? 1;
