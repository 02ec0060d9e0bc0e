/**
 * Random programs on native kernels that watch their own memory and arithmetic (ASan and UBSan), compared with core's interpreter:
 *
 *     npm run build && node tools/engine-fuzz/run.js [--seconds 60] [--cases N] [--seed N] [--only FAMILY] [--at N]
 *
 * `families.js` has the programs. A case is run as any program is, on two numbers of threads, between which no bit may differ, and
 * once with every value in memory of its own, so that a kernel that reaches beyond an operand is seen. Where results differ, a
 * kernel faults, or a kernel is never called, the fuzz fails and prints the command that shows the case alone.
 *
 * The seed is 1 unless it is given; it is printed first. Without gcc on Linux nothing is run, which is said.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSanitized, sanitizedEnvironment } from '../../packages/engine/build/sanitizers.js';

const { file, fault } = buildSanitized();
if (fault) {
  console.log(`fuzz of the engine: skipped, ${fault}`);
} else {
  const script = fileURLToPath(new URL('./cases.js', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'attune-fuzz-'));
  const caseFile = join(folder, 'case');
  writeFileSync(caseFile, '');
  const { status, signal } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, ...sanitizedEnvironment(file), ATTUNE_FUZZ_CASE: caseFile },
  });
  const at = readFileSync(caseFile, 'utf8');
  if (at !== '') console.log(`✗ the process ended (${signal ?? status}) in\n  ${at}`);
  rmSync(folder, { recursive: true });
  process.exitCode = status ?? 1;
}
