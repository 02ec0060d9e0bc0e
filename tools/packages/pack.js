import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasNativeEngine, writeNativePackage } from './native-package.js';
import { publishedPackages, root } from './published.js';

const run = promisify(execFile);

async function npmPack(tarballs, cwd, more = []) {
  const args = ['pack', '--json', '--ignore-scripts', `--pack-destination=${tarballs}`, ...more];
  const { stdout } = await run('npm', args, { cwd, maxBuffer: 2 ** 28 });
  return JSON.parse(stdout);
}

/**
 * Packs every package into a folder, the native engine for this platform among them where it was built. `@attune/engine` then has
 * it as an optional dependency, which it has not in the repository: npm would look for it in the registry.
 *
 * @returns npm's lists of what is in them.
 */
export async function packAll(tarballs) {
  mkdirSync(tarballs, { recursive: true });
  const workspaces = publishedPackages().map(({ manifest }) => `--workspace=${manifest.name}`);
  const packed = await npmPack(tarballs, root, workspaces);
  if (!hasNativeEngine()) return packed;
  const work = mkdtempSync(join(tmpdir(), 'attune-pack-'));
  try {
    const { name, version } = writeNativePackage(join(work, 'native'));
    const [native] = await npmPack(tarballs, join(work, 'native'));
    const engine = packed.find((one) => one.name === '@attune/engine');
    await run('tar', ['-xzf', join(tarballs, engine.filename), '-C', work]);
    const file = join(work, 'package/package.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...manifest, optionalDependencies: { [name]: version } }, null, 2));
    await npmPack(tarballs, join(work, 'package'));
    return [...packed, native];
  } finally {
    rmSync(work, { recursive: true });
  }
}
