/** Runtimes other than Node, from npm's packages for this platform. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The packages and the executable in each, for Linux on x64 with glibc: the only one that these checks run on. */
const PACKAGES = {
  bun: { name: '@oven/bun-linux-x64', version: '1.4.5', file: 'bin/bun' },
  deno: { name: '@deno/linux-x64-glibc', version: '2.9.6', file: 'deno' },
};

/**
 * Installs Bun and Deno into a folder, unless they are there. No script of theirs runs.
 *
 * @returns a folder with `bun` and `deno`, to be put into the PATH.
 * @throws Error where this platform has none here, or npm cannot install them.
 */
export function installRuntimes(folder) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `Bun and Deno are fetched for linux-x64 only, and this is ${process.platform}-${process.arch}.`,
    );
  }
  const bin = join(folder, 'bin');
  const fileOf = ({ name, file }) => join(folder, 'node_modules', name, file);
  if (!Object.values(PACKAGES).every((one) => existsSync(fileOf(one)))) {
    mkdirSync(folder, { recursive: true });
    const dependencies = Object.fromEntries(
      Object.values(PACKAGES).map(({ name, version }) => [name, version]),
    );
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
    const args = [
      'install',
      '--ignore-scripts',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      '--no-package-lock',
    ];
    const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`npm did not install Bun and Deno:\n${stderr}`);
  }
  rmSync(bin, { recursive: true, force: true });
  mkdirSync(bin);
  for (const [command, one] of Object.entries(PACKAGES)) {
    // npm sets the mode of files in `bin` only.
    chmodSync(fileOf(one), 0o755);
    symlinkSync(fileOf(one), join(bin, command));
  }
  return bin;
}
