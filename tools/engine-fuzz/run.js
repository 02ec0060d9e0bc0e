/**
 * Random programs on native kernels that watch their own memory and arithmetic (ASan and UBSan), compared with core's interpreter:
 *
 *     npm run build && node tools/engine-fuzz/run.js [--seconds 60] [--seed N] [--only FAMILY] [--at N] [--cases N]
 *
 * `families.js` has the programs. A case is run twice: planned, as any program is, and with every value in memory of its own, so
 * that a kernel that reaches beyond an operand is seen; on two numbers of threads, between which no bit may differ. Where results
 * differ, a kernel faults, or a kernel is never called, the fuzz fails and prints the command that shows the case alone.
 *
 * The seed is the day's unless it is given; it is printed first. Without gcc on Linux nothing is run, which is said.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildSanitized, sanitizedEnvironment } from '../../packages/engine/build/sanitizers.js';

const { file, fault } = buildSanitized();
if (fault) {
  console.log(`fuzz of the engine: skipped, ${fault}`);
} else {
  const script = fileURLToPath(new URL('./cases.js', import.meta.url));
  const { status, signal } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, ...sanitizedEnvironment(file) },
  });
  if (status !== 0) console.error(`fuzz of the engine: failed (${signal ?? status}); the last case is the one`);
  process.exitCode = status ?? 1;
}
