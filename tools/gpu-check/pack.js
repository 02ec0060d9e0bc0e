/**
 * Packs `gpu-check.tar.xz`: one archive that shows what attune does on a GPU of a machine without Node and without a network.
 * Needs `npm run build`, npm's registry and, for Vulkan's loader, Debian's apt.
 *
 *     tools/gpu-check/pack [--out FILE]      # default: .tmp/gpu-check/gpu-check.tar.xz
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { assemble, root } from './packing/assemble.js';
import { faultsOfFiles, manifestPage, MAX_BYTES } from './packing/manifest.js';

const cache = join(root, '.tmp/gpu-check');
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const out = resolve(values.out ?? join(cache, 'gpu-check.tar.xz'));

const work = mkdtempSync(join(tmpdir(), 'gpu-check-'));
try {
  const target = join(work, 'gpu-check');
  const manifest = assemble(target, { cache });
  const faults = faultsOfFiles(target, [root, work]);
  if (faults.length > 0) throw new Error(`The archive would say too much:\n${faults.join('\n')}`);

  mkdirSync(join(out, '..'), { recursive: true });
  // The same files make the same archive, whoever packs them.
  const sameEverywhere = ['--sort=name', '--mtime=2000-01-01', '--owner=0', '--group=0', '--numeric-owner'];
  const compressed = '--use-compress-program=xz -6 -T0';
  execFileSync('tar', [...sameEverywhere, compressed, '-cf', out, '-C', work, 'gpu-check']);
  const { size } = statSync(out);
  console.log(manifestPage(manifest));
  console.log(`${out}: ${(size / 2 ** 20).toFixed(1)} MiB`);
  if (size > MAX_BYTES) throw new Error(`The archive may have ${MAX_BYTES / 2 ** 20} MiB.`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
