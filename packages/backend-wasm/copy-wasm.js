/**
 * Copies the `.wasm` files of tfjs to where `wasm-files.js` looks for them first: `node copy-wasm.js [folder]`, where the
 * folder is the package's own, or a copy of it. `npm pack` does it, so that they are in the published package.
 */
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder = dirname(fileURLToPath(import.meta.url))] = process.argv.slice(2);
const source = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
const target = join(folder, 'dist/tfjs/module/@tensorflow/tfjs-backend-wasm/dist');

mkdirSync(target, { recursive: true });
for (const name of readdirSync(source)) {
  if (name.endsWith('.wasm')) copyFileSync(join(source, name), join(target, name));
}
