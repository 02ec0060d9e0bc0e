/**
 * Releases all packages, with one version. Not run yet: the repository has no host that could vouch for what is published.
 *
 *     node tools/release/release.js version 0.2.0                  # versions, ranges and the changelog, to be committed
 *     node tools/release/release.js publish --platforms FOLDER     # in CI, from a commit of the above, built and tested
 *     node tools/release/release.js publish --dry-run
 *
 * nx gives the published packages their version and publishes them in the order of their dependencies; what is beside them, and the
 * changelog, is ours: docs/adr/0022-releases.md.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../packages/published.js';
import { released } from './changelog.js';
import { stage } from './stage.js';

const run = (command, ...args) => execFileSync(command, args, { cwd: root, stdio: 'inherit' });
const read = (name) => readFileSync(join(root, name), 'utf8');

/** Writes a version into every package, and turns what is unreleased in the changelog into its section. */
function writeVersion(version) {
  const manifest = JSON.parse(read('package.json'));
  const changelog = released(read('CHANGELOG.md'), version, new Date().toISOString().slice(0, 10));
  run('npx', 'nx', 'release', version, '--skip-publish');
  writeFileSync(join(root, 'package.json'), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
  writeFileSync(join(root, 'CHANGELOG.md'), changelog);
  run(process.execPath, 'tools/packages/sync.js');
  run('npm', 'install', '--package-lock-only', '--ignore-scripts');
  console.log(`Everything is ${version}. Look at the difference, commit it and tag it v${version}.`);
}

/** npm names the commit and the workflow that a package comes from only if its manifest says where that is. */
function checkRepository() {
  if (JSON.parse(read('package.json')).repository) return;
  throw new Error(
    'package.json at the root has no "repository". npm publishes with provenance only what says where its source is: add ' +
      '"repository", "homepage" and "bugs" there, then run node tools/packages/sync.js, which copies them to every package.',
  );
}

async function publish(platforms, isDry) {
  if (!isDry) checkRepository();
  const { natives, missing } = await stage(platforms);
  if (missing.length > 0) {
    const text = `The native engine is missing for ${missing.join(', ')}: see tools/packages/platform-packages.js.`;
    if (!isDry) throw new Error(text);
    console.log(text);
  }
  const dry = isDry ? ['--dry-run'] : [];
  // Before @attune/engine, which names them: npm passes over an optional dependency that it does not find.
  for (const folder of natives)
    run('npm', 'publish', folder, '--access=public', '--provenance', '--tag=latest', ...dry);
  run('npx', 'nx', 'release', 'publish', '--tag=latest', ...dry);
}

const { values, positionals } = parseArgs({
  options: { platforms: { type: 'string' }, 'dry-run': { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [command, version] = positionals;
try {
  if (command === 'version' && version) writeVersion(version);
  else if (command === 'publish') await publish(values.platforms, values['dry-run']);
  else throw new Error('Usage: release.js version VERSION | publish [--platforms FOLDER] [--dry-run]');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
