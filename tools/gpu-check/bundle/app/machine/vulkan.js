/** Finds a way to reach the GPU through Vulkan: the system's own, the loader of the archive, a driver that no file describes. */
import { existsSync, writeFileSync } from 'node:fs';
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
const COMPUTE = 'libcuda.so.1';

const foldersIn = (path) => (path ?? '').split(':').filter(Boolean);

/** Finds libraries by name: their paths, as far as there are any. */
async function findLibraries(names, env) {
  const listed = (await outputOf('ldconfig', ['-p'])) ?? (await outputOf('/sbin/ldconfig', ['-p'])) ?? '';
  const folders = [...foldersIn(env.LD_LIBRARY_PATH), ...FOLDERS];
  const found = names.flatMap((name) => {
    const inFolder = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
    const path =
      inFolder ??
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

/** Lines that say what is missing for Vulkan, and how to get it. */
export function missingForVulkan({ nvidia, deviceFiles }, libraries) {
  if (!nvidia && deviceFiles.length === 0) {
    return [
      'No GPU is visible here: there is neither /dev/nvidia0 nor /dev/dri/renderD*, and no nvidia-smi. ' +
        'Install the driver of the GPU; in a container, start it with its GPUs (docker run --gpus all).',
    ];
  }
  const isNvidia = nvidia !== undefined || deviceFiles.includes('/dev/nvidia0') || COMPUTE in libraries;
  if (isNvidia && !DRIVERS.some((name) => name in libraries)) {
    return [
      `NVIDIA's driver is here without its part for Vulkan (${DRIVERS.join(', ')}). A container gets it with ` +
        'NVIDIA_DRIVER_CAPABILITIES=all; elsewhere install it in the version of the driver ' +
        '(Ubuntu: libnvidia-gl-VERSION, Debian: nvidia-vulkan-icd).',
    ];
  }
  if (nvidia?.some((gpu) => gpu['mig.mode.current'] === 'Enabled')) {
    return ['The GPU is divided (MIG), and NVIDIA offers no Vulkan on its parts: take a whole GPU.'];
  }
  return ['The driver is here, but gave no adapter: what each way said stands below.'];
}
