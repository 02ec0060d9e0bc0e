/** The parts of the archive that are copied from the repository and from its `node_modules`. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** Attune's packages that the check runs; their dependencies come along. */
const WANTED = [
  '@attune/backend-cuda',
  '@attune/backend-testkit',
  '@attune/backend-webgpu',
  '@attune/bench',
  '@attune/nn',
  '@attune/train',
];

/** Files of packages that are far larger than what is run of them: everything else of these is left out. */
const KEPT = {
  'onnxruntime-web': [
    'dist/ort.webgpu.bundle.min.mjs',
    'dist/ort-wasm-simd-threaded.asyncify.mjs',
    'dist/ort-wasm-simd-threaded.asyncify.wasm',
  ],
  webgpu: ['index.js', 'LICENSE.md', 'dist/linux-x64/dawn.node'],
  '@attune/bench': ['dist/index.js', 'dist/sizes.js', 'dist/random-tokens.js'],
  '@tensorflow/tfjs-core': ['dist/tf-core.node.js'],
};

/** Packages whose bundles have what they depend on within, or that need it for their installation alone. */
const COMPLETE = ['@attune/bench', 'onnxruntime-web', 'webgpu'];

/** Modules for tests that the check runs as well, which the build leaves out. */
const TEST_MODULES = {
  '@attune/backend-webgpu': ['testing/breakable', 'testing/traffic'],
};

const LEFT_OUT =
  /(\.d\.[cm]?ts|\.map|\.tsbuildinfo|\.spec\.js|README\.md)$|(^|\/)(src|test|tests|docs|node_modules|out-tsc)\//;

/** The files of a folder, as paths within it. */
export function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** The folder of a package, as Node finds it from another one. */
function locate(root, name, from) {
  for (let folder = from; folder.startsWith(root); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
  }
  throw new Error(`${name} is not installed: run npm ci.`);
}

const readManifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** The packages to take along, by name: their folders, and their manifests. */
function closure(root) {
  const found = new Map();
  const pending = [...WANTED, 'onnxruntime-web', 'webgpu'].map((name) => [name, root]);
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [name, from] = next;
    const folder = locate(root, name, from);
    const manifest = readManifest(folder);
    const known = found.get(name);
    if (known) {
      if (known.manifest.version === manifest.version) continue;
      throw new Error(
        `${name} is needed in two versions, ${known.manifest.version} and ${manifest.version}.`,
      );
    }
    found.set(name, { folder, manifest });
    const needed = COMPLETE.includes(name) ? [] : Object.keys(manifest.dependencies ?? {});
    const run = needed.filter((one) => !one.startsWith('@types/') && one !== '@webgpu/types');
    pending.push(...run.map((one) => [one, folder]));
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Only what is run: neither types, nor maps, nor sources. */
function keptFiles(name, folder) {
  const kept = KEPT[name];
  if (kept) return kept;
  const own = name.startsWith('@attune/');
  return filesOf(folder).filter(
    (file) => !LEFT_OUT.test(file) && (!own || /^(dist|fixtures)\/|^LICENSE/.test(file)),
  );
}

function compile(folder, module) {
  const source = readFileSync(join(folder, 'src', `${module}.ts`), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  return outputText;
}

/**
 * Copies all packages into `node_modules` of a folder.
 *
 * @returns for each its name, version, licence and origin, and the path it lies at.
 */
export function copyPackages(root, target) {
  return closure(root).map(([name, { folder, manifest }]) => {
    const path = join('node_modules', name);
    for (const file of new Set(['package.json', ...keptFiles(name, folder)])) {
      mkdirSync(dirname(join(target, path, file)), { recursive: true });
      cpSync(join(folder, file), join(target, path, file), { dereference: true });
    }
    for (const module of TEST_MODULES[name] ?? []) {
      const file = join(target, path, 'dist', `${module}.js`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, compile(folder, module));
    }
    const origin = name.startsWith('@attune/') ? 'this repository' : 'npm';
    return { name, version: manifest.version, licence: manifest.license ?? 'not named', origin, path };
  });
}

/** Bytes of all files at a path, which may be a file itself. */
export function bytesAt(path) {
  if (statSync(path).isFile()) return statSync(path).size;
  return filesOf(path).reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
}
