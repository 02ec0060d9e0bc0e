import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Installs packages into a folder of their own, outside the workspace and its lockfile, unless they are there. No script of
 * theirs runs, and none of what they would take in addition is fetched.
 *
 * @param packages versions by name: exact ones.
 * @throws Error that says what is needed, where there is no network.
 */
export async function install(folder, packages) {
  const isThere = Object.keys(packages).every((name) => existsSync(join(folder, 'node_modules', name)));
  if (isThere) return;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: packages }));
  const flags = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--no-package-lock'];
  try {
    await run('npm', ['install', ...flags], { cwd: folder, timeout: 300_000 });
  } catch (error) {
    throw new Error(
      `${Object.keys(packages).join(' and ')} cannot be installed, and these checks run in them: a network and a ` +
        `registry of npm's are needed, once.\n${String(error.stderr ?? error).slice(0, 2000)}`,
      { cause: error },
    );
  }
}
