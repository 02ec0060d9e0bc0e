/**
 * Puts together the package that brings the native engine to this platform, from what `node packages/engine/build/native.js` has
 * compiled:
 *
 *     node tools/packages/native-package.js [FOLDER]
 *
 * npm installs such a package where its `os`, `cpu` and `libc` fit: it is an optional dependency of `@attune/engine`, and runs
 * nothing when it is installed. Built and tested on linux-x64 with glibc; other platforms run the script on a machine of theirs.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './published.js';

const addon = join(root, 'packages/engine/dist/native/engine.node');

/** The C library of this process, which an addon has to fit. */
function libc() {
  if (process.platform !== 'linux') return undefined;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/** True if there is an addon to pack. */
export const hasNativeEngine = () => existsSync(addon);

/** Writes the package into a folder. Returns its manifest. */
export function writeNativePackage(folder) {
  const { version, license, engines } = JSON.parse(
    readFileSync(join(root, 'packages/engine/package.json'), 'utf8'),
  );
  const platform = `${process.platform}-${process.arch}`;
  const manifest = {
    name: `@attune/engine-${platform}${libc() === 'musl' ? '-musl' : ''}`,
    version,
    description: `The native engine of attune for ${platform}.`,
    license,
    engines,
    os: [process.platform],
    cpu: [process.arch],
    ...(libc() && { libc: [libc()] }),
    files: ['engine.node', 'NOTICE', 'CHANGELOG.md'],
  };
  mkdirSync(folder, { recursive: true });
  copyFileSync(addon, join(folder, 'engine.node'));
  copyFileSync(join(root, 'packages/engine/NOTICE'), join(folder, 'NOTICE'));
  for (const name of ['LICENSE', 'CHANGELOG.md']) copyFileSync(join(root, name), join(folder, name));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(
    join(folder, 'README.md'),
    `# ${manifest.name}\n\nThe native code of \`@attune/engine\` for ${platform}, which npm installs along with it.\n`,
  );
  return manifest;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder = join(root, '.tmp/native')] = process.argv.slice(2);
  if (hasNativeEngine()) {
    const { name } = writeNativePackage(resolve(folder));
    console.log(`${name} is in ${resolve(folder)}`);
  } else {
    console.error(
      'There is no native engine: node packages/engine/build/native.js builds it, with a C compiler.',
    );
    process.exitCode = 1;
  }
}
