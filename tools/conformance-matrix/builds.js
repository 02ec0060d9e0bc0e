/** The commit and the built files that a result belongs to. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = ['core', 'engine', 'backend-testkit', 'backend-cpu', 'backend-wasm'];

/** A digest of everything that was built of the engine, its backends and the kit. */
export function fingerprint() {
  const hash = createHash('sha256');
  for (const name of packages) {
    const folder = join(root, 'packages', name, 'dist');
    const files = readdirSync(folder, { recursive: true }).filter((file) => /\.(js|wasm|node)$/.test(file));
    for (const file of files.sort())
      hash.update(`${name}/${file}\0`).update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** `1a2b3c4`, with a plus where files of the packages differ from it. */
export function commit() {
  const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim();
  const head = git('rev-parse', '--short=9', 'HEAD');
  if (!head) return 'unknown';
  return git('status', '--porcelain', '--', 'packages') ? `${head}+` : head;
}
