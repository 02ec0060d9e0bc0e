/** Finds a way to reach the GPU through Vulkan: the system's own, the loader of the archive, a driver that no file describes. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { outputOf } from './run.js';

/** Where drivers put libraries, beside what the linker lists: containers and WSL have places of their own. */
const FOLDERS = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/local/nvidia/lib64',
  '/usr/local/nvidia/lib',
  '/run/opengl-driver/lib',
  '/usr/lib/wsl/lib',
];

/** NVIDIA's driver for Vulkan: the first needs X's libraries, the second does without. */
export const DRIVERS = ['libGLX_nvidia.so.0', 'libEGL_nvidia.so.0'];

/** Descriptions of drivers where Vulkan's loader does not look: containers have them beside the libraries. */
const DESCRIPTIONS = [
  '/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json',
  '/run/opengl-driver/share/vulkan/icd.d/nvidia_icd.x86_64.json',
];

/** The part of NVIDIA's driver that computes; containers may have it without the one for Vulkan. */
export const COMPUTE = 'libcuda.so.1';

/** Variables that name files which describe drivers. With one of them, Vulkan's loader looks nowhere else. */
const NAMING = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'];

const foldersIn = (path) => (path ?? '').split(':').filter(Boolean);

/** The files of drivers that the environment names and that are not there, as `VARIABLE=file`. */
export const namedInVain = (env) =>
  NAMING.flatMap((name) =>
    foldersIn(env[name])
      .filter((path) => !existsSync(path))
      .map((path) => `${name}=${path}`),
  );

/**
 * The path of a driver's library in a folder. Where nobody ran ldconfig, as in what NVIDIA's installer extracts, there is no link
 * with the short name, but the file with its version.
 */
function inFolder(folder, name) {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  if (!DRIVERS.includes(name) || !existsSync(folder)) return undefined;
  const begin = name.replace(/\.0$/, '.');
  const versioned = readdirSync(folder).find(
    (one) => one.startsWith(begin) && /^\d+\.[\d.]+$/.test(one.slice(begin.length)),
  );
  return versioned && join(folder, versioned);
}

/** Finds libraries by name: their paths, as far as there are any. */
async function findLibraries(names, env) {
  const listed = (await outputOf('ldconfig', ['-p'])) ?? (await outputOf('/sbin/ldconfig', ['-p'])) ?? '';
  const folders = [...foldersIn(env.LD_LIBRARY_PATH), ...FOLDERS];
  const found = names.flatMap((name) => {
    const path =
      folders.map((folder) => inFolder(folder, name)).find(Boolean) ??
      listed
        .split('\n')
        .find((line) => line.trim().startsWith(`${name} `))
        ?.split('=> ')[1];
    return path === undefined ? [] : [[name, path]];
  });
  return Object.fromEntries(found);
}

/** The value of LD_LIBRARY_PATH with folders added, each once. */
const withFolders = (env, ...folders) =>
  [...foldersIn(env.LD_LIBRARY_PATH), ...folders].filter((one, i, all) => all.indexOf(one) === i).join(':');

/** Describes a driver in a file, as an installed one does itself. */
function describeDriver(folder, library) {
  const file = join(folder, `${library.split('/').at(-1)}.json`);
  const driver = { file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.3.0' } };
  writeFileSync(file, JSON.stringify(driver));
  return { VK_DRIVER_FILES: file, VK_ICD_FILENAMES: file };
}

/**
 * The ways to reach Vulkan, in the order in which they are tried.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} loader the folder of the archive's Vulkan loader
 * @param {string} temp a folder for files that describe drivers
 * @param {readonly string[]} descriptions files that may describe drivers
 */
export async function waysToVulkan(env, loader, temp, descriptions = DESCRIPTIONS) {
  const libraries = await findLibraries([...DRIVERS, COMPUTE, 'libvulkan.so.1'], env);
  const ways = [{ name: "the system's Vulkan", env: {} }];
  ways.push({ name: "the archive's Vulkan loader", env: { LD_LIBRARY_PATH: withFolders(env, loader) } });
  const inVain = namedInVain(env);
  if (inVain.length > 0) {
    const unnamed = Object.fromEntries(NAMING.map((name) => [name, undefined]));
    const LD_LIBRARY_PATH = withFolders(env, loader);
    ways.push({
      name: `the archive's Vulkan loader without ${inVain.join(' ')}`,
      env: { ...unnamed, LD_LIBRARY_PATH },
    });
  }
  const drivers = DRIVERS.filter((name) => libraries[name]);
  const all = withFolders(env, loader, ...drivers.map((name) => dirname(libraries[name])));
  for (const file of descriptions.filter((path) => existsSync(path))) {
    ways.push({
      name: `the archive's Vulkan loader with ${file}`,
      env: { VK_DRIVER_FILES: file, VK_ICD_FILENAMES: file, LD_LIBRARY_PATH: all },
    });
  }
  for (const name of drivers) {
    const LD_LIBRARY_PATH = withFolders(env, loader, dirname(libraries[name]));
    ways.push({
      name: `the archive's Vulkan loader with ${name}`,
      env: { ...describeDriver(temp, libraries[name]), LD_LIBRARY_PATH },
    });
  }
  return { libraries, ways };
}
