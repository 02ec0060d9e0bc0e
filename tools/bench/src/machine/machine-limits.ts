/**
 * The limits of this machine, which figures are held against: the rate of multiplications and additions in registers alone, and of a
 * plain loop that reads memory. Compiles `limits/limits.c` with CC (default: `cc`), and prints one JSON object.
 *
 *     node tools/bench/dist/machine/machine-limits.js [THREADS]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'attune-limits-'));
const program = join(folder, 'limits');
try {
  const source = fileURLToPath(new URL('../../limits/limits.c', import.meta.url));
  const flags = ['-O3', '-march=native', '-pthread', source, '-o', program];
  execFileSync(process.env['CC'] ?? 'cc', flags);
  const limits = JSON.parse(
    execFileSync(program, [process.argv[2] ?? '2'], { encoding: 'utf8' }),
  ) as Readonly<Record<string, unknown>>;
  console.log(JSON.stringify({ processor: cpus()[0]?.model, ...limits }, null, 2));
} finally {
  rmSync(folder, { recursive: true });
}
