/**
 * Lints the tarball of every package as publint and "are the types wrong" see it: each entry point has its files and its types,
 * in the form that its package.json says.
 *
 *     node tools/packages/lint-tarballs.js
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { problemAffectsResolutionKind, problemKindInfo } from '@arethetypeswrong/core/problems';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { tarballs } from './tarballs.js';

/** Ways to resolve a package that are not checked, and why. */
const IGNORED_RESOLUTIONS = {
  node10:
    'Ignores "exports", which Node has read since version 12: an entry point below the root cannot be found.',
  'node16-cjs':
    'The packages are ES modules only. Node 20.19 and later load them by require(); TypeScript then asks for import().',
};

const RESOLUTIONS = ['node10', 'node16-cjs', 'node16-esm', 'bundler'].filter(
  (kind) => !(kind in IGNORED_RESOLUTIONS),
);

/** The package of a platform's native code has nothing to import. */
const hasNoTypes = (name) => name.startsWith('@attune/engine-');

async function faultsOfTypes(tarball) {
  const checked = createPackageFromTarballData(tarball);
  const result = await checkPackage(checked);
  if (!result.types) return hasNoTypes(checked.packageName) ? [] : ['has no types'];
  return result.problems
    .filter((problem) => RESOLUTIONS.some((kind) => problemAffectsResolutionKind(problem, kind, result)))
    .map(({ kind, ...where }) => `${problemKindInfo[kind].shortDescription}: ${JSON.stringify(where)}`);
}

/** @returns what is wrong with a package's tarball. */
export async function faultsInTarball(tarball) {
  const { messages, pkg } = await publint({
    pack: { tarball: new Uint8Array(tarball).buffer },
    strict: true,
  });
  const found = messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
  return [...found, ...(await faultsOfTypes(new Uint8Array(tarball)))];
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { folder, packed } = await tarballs();
  let count = 0;
  for (const { name, filename } of packed) {
    for (const fault of await faultsInTarball(readFileSync(join(folder, filename)))) {
      console.error(`✗ ${name}: ${fault}`);
      count += 1;
    }
  }
  console.log(`${packed.length} tarballs linted, ${count} faults`);
  for (const [kind, why] of Object.entries(IGNORED_RESOLUTIONS))
    console.log(`  not checked: ${kind}. ${why}`);
  process.exitCode = count > 0 ? 1 : 0;
}
