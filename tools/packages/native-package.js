/**
 * Puts together the package that brings the native engine to this platform, from what `node packages/engine/build/native.js` has
 * compiled:
 *
 *     node tools/packages/native-package.js [FOLDER]
 *
 * npm installs such a package where its `os`, `cpu` and `libc` fit: it is an optional dependency of `@attune/engine`, and runs
 * nothing when it is installed. `platform-packages.js` makes those for other platforms.
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

/** The platform of this process. */
const here = () => ({
  platform: process.platform,
  architecture: process.arch,
  ...(libc() && { libc: libc() }),
});

/** Where the package's code has been run, and all tests of it: linux-x64 with glibc. */
const isTested = ({ platform, architecture, libc }) =>
  platform === 'linux' && architecture === 'x64' && libc === 'glibc';

/** Name of the package for a platform, without the scope. */
export const packageNameOf = ({ platform, architecture, libc }) =>
  `engine-${platform}-${architecture}${libc === 'musl' ? '-musl' : ''}`;

function readmeOf({ name, target }) {
  const place = [target.platform, target.architecture, target.libc].filter(Boolean).join(', ');
  const untested = `
**Untested**: this code was compiled for ${place} on another machine and has not been run on one of these. If it fails, leave
optional packages out (\`npm install --omit=optional\`): attune then runs as WebAssembly. Please report what you see.
`;
  return `# ${name}

The native code of \`@attune/engine\` for ${place}, which npm installs along with it.
${isTested(target) ? '' : untested}`;
}

/**
 * Writes the package into a folder.
 *
 * @param target the platform, by Node's names; default: this one.
 * @param code the addon; default: what is built here.
 * @returns its manifest.
 */
export function writeNativePackage(folder, target = here(), code = readFileSync(addon)) {
  const engine = JSON.parse(readFileSync(join(root, 'packages/engine/package.json'), 'utf8'));
  const { version, license, engines, publishConfig, repository, homepage, bugs } = engine;
  const { platform, architecture, libc } = target;
  const name = `@attune/${packageNameOf(target)}`;
  const manifest = {
    name,
    version,
    description: `The native engine of attune for ${platform}-${architecture}${isTested(target) ? '' : ', untested'}.`,
    license,
    type: 'commonjs',
    engines,
    os: [platform],
    cpu: [architecture],
    ...(libc && { libc: [libc] }),
    files: ['engine.node', 'NOTICE', 'CHANGELOG.md'],
    publishConfig,
    ...(repository && { repository }),
    ...(homepage && { homepage }),
    ...(bugs && { bugs }),
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'engine.node'), code);
  copyFileSync(join(root, 'packages/engine/NOTICE'), join(folder, 'NOTICE'));
  for (const file of ['LICENSE', 'CHANGELOG.md']) copyFileSync(join(root, file), join(folder, file));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(folder, 'README.md'), readmeOf({ name, target }));
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
