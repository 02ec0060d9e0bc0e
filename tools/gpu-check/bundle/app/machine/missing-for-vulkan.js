/** Says what is missing for Vulkan where no way led to a GPU. */
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { COMPUTE, DRIVERS } from './vulkan.js';

/** Debian's and Ubuntu's packages of the libraries that drivers need. */
const PACKAGES = {
  'libX11.so.6': 'libx11-6',
  'libX11-xcb.so.1': 'libx11-xcb1',
  'libXext.so.6': 'libxext6',
  'libxcb.so.1': 'libxcb1',
  'libEGL.so.1': 'libegl1',
  'libGLdispatch.so.0': 'libglvnd0',
  'libdrm.so.2': 'libdrm2',
  'libgbm.so.1': 'libgbm1',
  'libexpat.so.1': 'libexpat1',
  'libwayland-client.so.0': 'libwayland-client0',
};

/** Libraries that a driver needs and that the linker did not find, by what Vulkan's loader said. */
function neededLibraries(said, libraries) {
  const found = said.matchAll(/\b(lib[\w.+-]+\.so[\w.]*): cannot open shared object file/g);
  // The driver's own: a file that describes it names it where it is not.
  const own = [...DRIVERS, ...Object.values(libraries), 'libvulkan.so.1'].map((path) => basename(path));
  return [...new Set([...found].map(([, name]) => name))].filter((name) => !own.includes(name));
}

function neededLine(needed, version) {
  const packages = needed.map((name) => PACKAGES[name]).filter(Boolean);
  const ofNvidia = needed.some((name) => /^lib(nvidia|cuda)/.test(name));
  const how = [
    ...(packages.length > 0 ? [`Debian and Ubuntu: apt install ${packages.join(' ')}.`] : []),
    ...(ofNvidia
      ? [`libnvidia-* are parts of NVIDIA's driver${version ? ` ${version}` : ''}: see below.`]
      : []),
  ];
  return `The driver for Vulkan needs what is not here: ${needed.join(', ')}. ${how.join(' ')}`.trim();
}

/** How to get NVIDIA's part for Vulkan. */
function howToGetDriver(version) {
  const run = `NVIDIA-Linux-x86_64-${version ?? 'VERSION'}.run`;
  return (
    'A container gets it with NVIDIA_DRIVER_CAPABILITIES=all; elsewhere install it in the version of the driver ' +
    '(Ubuntu: libnvidia-gl-VERSION, Debian: nvidia-vulkan-icd). ' +
    `Without either: extract ${run} on any machine (--extract-only), bring the folder, and set LD_LIBRARY_PATH to it.`
  );
}

/** The version in the name of the file that a library's path leads to. */
function versionOf(path) {
  try {
    return /\.so\.(\d+\.[\d.]+)$/.exec(realpathSync(path))?.[1];
  } catch {
    return undefined;
  }
}

/** A driver's library of another version than the kernel's module: it takes no device. */
function mismatch({ kernelDriver }, libraries) {
  return DRIVERS.flatMap((name) => {
    const version = libraries[name] && versionOf(libraries[name]);
    if (!version || !kernelDriver || version === kernelDriver) return [];
    return [
      `${libraries[name]} is of version ${version}, and the kernel's module of ${kernelDriver}: both have to be the same.`,
    ];
  });
}

/**
 * Lines that say what is missing for Vulkan, and how to get it.
 *
 * @param {object} machine as described
 * @param {Record<string, string>} libraries paths of the driver's libraries, by name
 * @param {{ said?: string, inVain?: readonly string[] }} more what the ways to Vulkan said, and files of drivers that the
 *   environment names in vain
 */
export function missingForVulkan(machine, libraries, { said = '', inVain = [] } = {}) {
  const { nvidia, nvidiaFault, deviceFiles, kernelDriver } = machine;
  const version = kernelDriver ?? nvidia?.[0]?.driver_version;
  const lines = [];
  if (nvidiaFault) lines.push(`nvidia-smi fails: ${nvidiaFault}`);
  if (inVain.length > 0)
    lines.push(`These files of drivers are not there: ${inVain.join(', ')}. Unset them.`);
  if (!nvidia && deviceFiles.length === 0) {
    return [
      ...lines,
      'No GPU is visible here: there is neither /dev/nvidia0 nor /dev/dri/renderD*, and no nvidia-smi. ' +
        'Install the driver of the GPU; in a container, start it with its GPUs (docker run --gpus all).',
    ];
  }
  const isNvidia =
    nvidia !== undefined ||
    deviceFiles.some((name) => name.startsWith('/dev/nvidia')) ||
    COMPUTE in libraries;
  if (isNvidia && !DRIVERS.some((name) => name in libraries)) {
    return [
      ...lines,
      `NVIDIA's driver is here without its part for Vulkan (${DRIVERS.join(', ')}). ${howToGetDriver(version)}`,
    ];
  }
  if (nvidia?.some((gpu) => gpu['mig.mode.current'] === 'Enabled')) {
    lines.push('The GPU is divided (MIG), and NVIDIA offers no Vulkan on its parts: take a whole GPU.');
  }
  const needed = neededLibraries(said, libraries);
  if (needed.length > 0) lines.push(neededLine(needed, version));
  if (needed.some((name) => name.startsWith('libnvidia-'))) lines.push(howToGetDriver(version));
  if (isNvidia) lines.push(...mismatch(machine, libraries));
  if (isNvidia && !deviceFiles.includes('/dev/nvidiactl')) {
    lines.push(
      `/dev/nvidiactl is not here, which NVIDIA's driver opens first (here: ${deviceFiles.join(', ') || 'none'}).`,
    );
  }
  if (lines.length > 0) return lines;
  return [
    'The driver is here, but gave no adapter: what each way said stands below. ' +
      (isNvidia ? `NVIDIA's needs its device files (here: ${deviceFiles.join(', ')}).` : ''),
  ].map((line) => line.trim());
}
