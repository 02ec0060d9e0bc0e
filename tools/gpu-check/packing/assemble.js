/** Puts together the folder that is packed. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commit } from '../../conformance-matrix/builds.js';
import { copyPackages } from './components.js';
import { copyNode, copyVulkanLoader } from './downloads.js';
import { writeManifest } from './manifest.js';

export const root = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');

/**
 * Fills a folder with all that the check needs.
 *
 * @param {string} target
 * @param {{ cache?: string }} options where downloads are kept; without it, Node and Vulkan's loader are left out
 * @returns what it consists of, as in `manifest.json`
 */
export function assemble(target, { cache } = {}) {
  cpSync(fileURLToPath(new URL('../bundle', import.meta.url)), target, {
    recursive: true,
    filter: (path) => !/\.test\.js$|__pycache__/.test(path),
  });
  cpSync(join(root, 'tools/reference/gpt.py'), join(target, 'pytorch/gpt.py'));
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  // Everything in it is a module, as in the repository.
  writeFileSync(join(target, 'package.json'), '{ "private": true, "type": "module" }\n');
  const version = commit();
  const own = { version, licence: 'Apache-2.0', origin: 'this repository' };
  return writeManifest(target, version, [
    { name: 'the check', ...own, path: 'app' },
    { name: 'the script for PyTorch', ...own, path: 'pytorch' },
    ...(cache === undefined ? [] : [copyNode(cache, target), copyVulkanLoader(cache, target)]),
    ...copyPackages(root, target),
  ]);
}
