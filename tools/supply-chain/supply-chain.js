/**
 * Checks what comes along with attune: the licence of every package, that it comes from npm's registry with an integrity,
 * that none has an install script which nobody looked at, and, where the registry answers, that no vulnerability is known.
 *
 *     node tools/supply-chain/supply-chain.js
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishedPackages, root } from '../packages/published.js';
import { audit, isGrave } from './audit.js';
import { faultsOfLockfile, groupsOf, staleNames } from './lockfile.js';

const SETUP_LOCK = join(root, 'apps/cli/setup/tfjs-node-gpu.lock.json');
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

const published = publishedPackages();
const places = published.map(({ folder }) => folder.replaceAll('\\', '/'));
const lockfile = read(join(root, 'package-lock.json'));
const setup = read(SETUP_LOCK);

const faults = [
  ...faultsOfLockfile(lockfile, places),
  // All of it is installed at users'.
  ...faultsOfLockfile(setup, [''], 'setup').map((fault) => `attune setup cuda: ${fault}`),
  ...staleNames([lockfile, setup]).map(
    (name) => `${name} is allowed an install script, and has none: see allowed.js`,
  ),
  ...published.flatMap(({ manifest: { name, scripts = {} } }) =>
    ['preinstall', 'install', 'postinstall']
      .filter((one) => one in scripts)
      .map((one) => `${name} has the script ${one}`),
  ),
];

const groups = groupsOf(lockfile, places);
const count = (wanted) => [...groups.values()].filter((group) => group === wanted).length;
console.log(
  `${groups.size} packages: ${count('published')} come with attune's, ${count('engines')} with engines, ` +
    `${count('build')} are of the build; ${groupsOf(setup, ['']).size} of attune setup cuda`,
);

function report(name, { skipped, found }) {
  if (skipped !== undefined) {
    console.log(`=== npm audit of ${name}: skipped, the registry did not answer: ${skipped}`);
    return;
  }
  console.log(`npm audit of ${name}: ${found.length} known vulnerabilities`);
  for (const { name, severity, group, titles } of found) {
    console.log(`  ${severity} ${name} (${group}) ${titles.join('; ')}`);
  }
}

const main = await audit(root, groups);
report('the repository', main);
for (const { name, severity, group } of main.found.filter(isGrave)) {
  faults.push(`${name} (${group}) has a ${severity} vulnerability: see above`);
}

// What upstream's package needs is upstream's to say, and it is no longer developed: this is reported, and no more.
const folder = mkdtempSync(join(tmpdir(), 'attune-audit-'));
try {
  const { dependencies } = setup.packages[''];
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  copyFileSync(SETUP_LOCK, join(folder, 'package-lock.json'));
  report('attune setup cuda', await audit(folder, groupsOf(setup, [''])));
} finally {
  rmSync(folder, { recursive: true });
}

for (const fault of faults) console.error(`✗ ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
