/**
 * Releases a version that there is not, without writing or sending anything, and checks what would have been:
 *
 *     node tools/release/dry-run.js
 *
 * Every published package gets the version, and no other; their dependencies on one another follow; each is published, from the
 * files of its tarball, the native engine before the package that names it; and the repository is as it was.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { publishedPackages, root } from '../packages/published.js';
import { released } from './changelog.js';
import { nativeNames } from './stage.js';

const VERSION = '99.0.0';
const faults = [];
const packages = publishedPackages();
const names = new Set(packages.map(({ manifest }) => manifest.name));

/** Runs a command. nx prints the names of files to stderr and what changes in them to stdout: both are needed, in their order. */
const run = (command, args) => {
  const both = ['-c', 'exec "$@" 2>&1', 'sh', command, ...args];
  const { status, stdout } = spawnSync('sh', both, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  return { status, text: stripVTControlCharacters(stdout) };
};
const state = () =>
  execFileSync('git', ['status', '--porcelain', '--untracked-files=all'], { cwd: root, encoding: 'utf8' }) +
  packages.map(({ folder }) => readFileSync(join(root, folder, 'package.json'), 'utf8')).join('');

/** Lines that a version changes in a manifest, as a difference shows them. */
function expectedChanges({ version, ...manifest }) {
  const lines = [`- "version": "${version}"`, `+ "version": "${VERSION}"`];
  for (const kind of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']) {
    for (const [name, range] of Object.entries(manifest[kind] ?? {})) {
      if (!names.has(name)) continue;
      const prefix = /^[~^]?/.exec(range)[0];
      lines.push(`- "${name}": "${range}"`, `+ "${name}": "${prefix}${VERSION}"`);
    }
  }
  return lines.sort();
}

function checkVersions() {
  const { status, text } = run('npx', ['nx', 'release', VERSION, '--dry-run', '--skip-publish']);
  if (status !== 0) faults.push(`nx release ended with ${status}:\n${text}`);
  const updates = new Map(
    text
      .split(/^(?=UPDATE )/m)
      .slice(1)
      .map((part) => [
        /^UPDATE (\S+)/.exec(part)[1],
        [...part.matchAll(/^([-+]) +("[^"]+": "[^"]+"),?$/gm)]
          .map(([, sign, line]) => `${sign} ${line}`)
          .sort(),
      ]),
  );
  for (const { folder, manifest } of packages) {
    const file = `${folder}/package.json`;
    const [found, expected] = [updates.get(file) ?? [], expectedChanges(manifest)];
    if (found.join('\n') !== expected.join('\n')) {
      faults.push(`${file} would change by\n  ${found.join('\n  ')}\nand not by\n  ${expected.join('\n  ')}`);
    }
    updates.delete(file);
  }
  for (const file of updates.keys()) faults.push(`${file} would change, and belongs to no published package`);
  console.log(`${packages.length} packages get the version`);
}

function checkPublishing() {
  const { status, text } = run(process.execPath, ['tools/release/release.js', 'publish', '--dry-run']);
  if (status !== 0) faults.push(`release.js publish --dry-run ended with ${status}:\n${text}`);
  const sent = [...text.matchAll(/^\+ (@attune\/[\w-]+)@/gm)].map(([, name]) => name);
  const named = [...text.matchAll(/nx run (@attune\/[\w-]+):nx-release-publish/g)].map(([, name]) => name);
  const all = new Set([...sent, ...named]);
  for (const name of names) if (!all.has(name)) faults.push(`${name} would not be published`);
  for (const name of all) {
    if (!names.has(name) && !nativeNames.includes(name)) faults.push(`${name} would be published`);
  }
  console.log(`${all.size} packages would be published`);
}

/** Without a repository to name, nothing is published. */
function checkRefusal() {
  if (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).repository) return;
  const { status, text } = run(process.execPath, ['tools/release/release.js', 'publish']);
  if (status === 0 || !text.includes('has no "repository"')) {
    faults.push(`release.js publish does not refuse a package without a repository:\n${text}`);
  }
}

const before = state();
checkVersions();
checkPublishing();
checkRefusal();
released(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), VERSION, '2099-01-01');
if (state() !== before) faults.push('the dry run has changed files');
for (const fault of faults) console.error(`✗ ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
