import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasNativeEngine, packageNameOf } from '../packages/native-package.js';
import { otherPlatforms, ownPlatform } from '../packages/platforms.js';
import { root } from '../packages/published.js';
import { tarballs } from '../packages/tarballs.js';

/** Where nx publishes from: `packageRoot` of `nx-release-publish` in nx.json. */
const staging = join(root, '.tmp/release');

const read = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** Names of the packages with the native engine that a release brings. */
export const nativeNames = [ownPlatform, ...otherPlatforms].map((one) => `@attune/${packageNameOf(one)}`);

/**
 * Unpacks the tarballs that the checks have installed, to be published as they are, and puts the native engines of other platforms
 * beside them. `@attune/engine` then names all of them as optional dependencies.
 *
 * @param platforms the folder that `platform-packages.js` has written, if any.
 * @returns folders of the native packages, and names of those that are missing.
 */
export async function stage(platforms) {
  const { folder, packed } = await tarballs();
  rmSync(staging, { recursive: true, force: true });
  for (const { name, filename } of packed) {
    const target = join(staging, name);
    mkdirSync(target, { recursive: true });
    execFileSync('tar', ['-xzf', join(folder, filename), '-C', target, '--strip-components=1']);
  }
  for (const one of platforms === undefined ? [] : otherPlatforms) {
    const source = join(platforms, packageNameOf(one));
    if (existsSync(source)) cpSync(source, join(staging, '@attune', packageNameOf(one)), { recursive: true });
  }
  const [there, missing] = [[], []];
  for (const name of nativeNames) (existsSync(join(staging, name)) ? there : missing).push(name);
  if (!hasNativeEngine() && !missing.includes(nativeNames[0])) missing.push(nativeNames[0]);

  const engine = join(staging, '@attune/engine');
  const manifest = read(engine);
  manifest.optionalDependencies = Object.fromEntries(there.map((name) => [name, manifest.version]));
  for (const name of there) {
    const { version } = read(join(staging, name));
    if (version !== manifest.version)
      throw new Error(`${name} is ${version}, and @attune/engine ${manifest.version}.`);
  }
  writeFileSync(join(engine, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return { natives: there.map((name) => join(staging, name)), missing };
}
