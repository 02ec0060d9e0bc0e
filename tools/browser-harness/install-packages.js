/**
 * Puts packages of this repository, and those that they depend on, into an application's `node_modules` as npm would
 * install them: `node install-packages.js <application> <name>…`. They are compiled from their sources here: nothing but
 * the engine's kernels need be built before. Packages of others are found in the repository's own `node_modules`, which has
 * to be above the application.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformWithOxc } from 'vite';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));
const SCOPE = '@attune/';

async function compile(from, to) {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      if (entry.name !== 'testing') await compile(source, target);
    } else if (/(?<!\.spec|\.d)\.ts$/.test(entry.name)) {
      const { code } = await transformWithOxc(readFileSync(source, 'utf8'), source, { target: 'es2022' });
      mkdirSync(to, { recursive: true });
      writeFileSync(target.replace(/\.ts$/, '.js'), code);
    }
  }
}

async function install(name, modules) {
  const from = join(packages, name.slice(SCOPE.length));
  const to = join(modules, name);
  if (existsSync(to)) return;
  mkdirSync(to, { recursive: true });
  cpSync(join(from, 'package.json'), join(to, 'package.json'));
  await compile(join(from, 'src'), join(to, 'dist'));
  // What its `prepack` adds.
  if (name === '@attune/backend-wasm') execFileSync(process.execPath, [join(from, 'copy-wasm.js'), to]);
  // The kernels, which have to be built.
  if (name === '@attune/engine') {
    const isModule = (file) => !statSync(file).isFile() || file.endsWith('.wasm');
    cpSync(join(from, 'dist/wasm'), join(to, 'dist/wasm'), { recursive: true, filter: isModule });
  }
  const { dependencies = {} } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  for (const other of Object.keys(dependencies)) if (other.startsWith(SCOPE)) await install(other, modules);
}

const [application, ...names] = process.argv.slice(2);
for (const name of names) await install(name, join(application, 'node_modules'));
