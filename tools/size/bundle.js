/** Measures what a page loads of attune when a bundler has done its work. */
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

/** The playground's Vite: the repository's root may have that of another tool. */
const playground = createRequire(new URL('../../apps/playground/package.json', import.meta.url));
const { build } = await import(pathToFileURL(playground.resolve('vite')).href);

/** Engines of others: a page loads them only when a user names them, or has them beside attune. */
const OTHERS = /node_modules\/(@tensorflow|onnxruntime-)/;

const gzipped = (text) => gzipSync(text, { level: 9 }).length;

/** Bundles an entry as Vite does for an application, minified and without what nobody imports. */
async function bundle(root, entry) {
  const built = await build({
    ...{ root, configFile: false, logLevel: 'error', publicDir: false },
    worker: { format: 'es' },
    build: {
      ...{ write: false, target: 'es2022', assetsInlineLimit: 0, modulePreload: false },
      rolldownOptions: {
        input: join(root, entry),
        preserveEntrySignatures: 'strict',
        checks: { pluginTimings: false },
      },
    },
  });
  return [built].flat().flatMap(({ output }) => output);
}

/** Adds a chunk and what it loads: at once and, where wanted, later, up to the engines of others. */
function follow(name, files, reached, isLaterToo) {
  const file = files.get(name);
  if (!file || reached.has(file)) return;
  reached.add(file);
  for (const other of file.imports ?? []) follow(other, files, reached, isLaterToo);
  for (const other of isLaterToo ? (file.dynamicImports ?? []) : []) {
    const isOthers = (files.get(other)?.moduleIds ?? []).some((id) => OTHERS.test(id));
    if (!isOthers) follow(other, files, reached, isLaterToo);
  }
}

/**
 * Sizes of an entry in bytes after gzip.
 *
 * @param root the repository.
 * @returns `code`: what is loaded, workers included; `atOnce`: that part of it which does not wait until it is needed; `packages`: its parts before minification, by package; `modules`: the engine's
 *   own WebAssembly, the larger of its files, since a page loads one; `later`: engines of others, which are not loaded.
 */
export async function sizesOf(root, entry) {
  const output = await bundle(root, entry);
  const files = new Map(output.map((file) => [file.fileName, file]));
  const [atOnce, reached] = [new Set(), new Set()];
  for (const { isEntry, fileName } of output) {
    if (!isEntry) continue;
    follow(fileName, files, atOnce, false);
    follow(fileName, files, reached, true);
  }
  const text = (file) => file.code ?? file.source;
  // A worker is an asset, which the code names.
  const named = [...reached].map(text).join('\n');
  const workers = output.filter(
    (file) =>
      file.type === 'asset' && file.fileName.endsWith('.js') && named.includes(basename(file.fileName)),
  );
  const loaded = [...reached, ...workers];
  const packages = {};
  for (const { modules = {} } of reached) {
    for (const [id, { renderedLength }] of Object.entries(modules)) {
      const [, name = 'the entry'] = /\/(?:packages|node_modules)\/((?:@[^/]+\/)?[^/]+)\//.exec(id) ?? [];
      packages[name] = (packages[name] ?? 0) + renderedLength;
    }
  }
  const sum = (some) => some.reduce((bytes, file) => bytes + gzipped(text(file)), 0);
  const wasm = output.filter(({ fileName }) => /\/engine[^/]*\.wasm$/.test(fileName));
  return {
    code: sum(loaded),
    atOnce: sum([...atOnce]),
    packages,
    modules: Math.max(0, ...wasm.map((file) => gzipped(text(file)))),
    later: sum(output.filter((file) => file.fileName.endsWith('.js') && !loaded.includes(file))),
  };
}
