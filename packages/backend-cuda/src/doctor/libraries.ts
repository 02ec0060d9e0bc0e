import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Environment } from '../load/environment.js';

/** NVIDIA's libraries that TensorFlow opens when it starts on a GPU. */
const cudaLibraries = [
  ...(['libcuda', 'libcudart', 'libcublas', 'libcublasLt', 'libcufft', 'libcurand'] as const),
  ...(['libcusolver', 'libcusparse', 'libcudnn', 'libnccl', 'libnvrtc'] as const),
] as const;

/** Those without one of which no TensorFlow computes on a GPU. */
export const neededLibraries: readonly string[] = cudaLibraries.filter(
  (name) => !['libcuda', 'libcurand', 'libnccl', 'libnvrtc'].includes(name),
);

/** A library that was found. */
export interface FoundLibrary {
  /** As TensorFlow asks for it, e.g. `libcudnn.so.9`. */
  readonly soname: string;
  readonly path: string;
  /** True if the dynamic linker finds it without LD_LIBRARY_PATH. */
  readonly linked: boolean;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The dynamic linker's cache: the output of `ldconfig -p`. Empty where there is no such command. */
function linkerCache(): string {
  try {
    return execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}

/** Where NVIDIA's Python packages put libraries, seen from TensorFlow's: `../nvidia/cublas/lib` and its like. */
function besideTensorflow(libraries: string): string[] {
  const root = join(dirname(libraries), 'nvidia');
  return list(root).map((name) => join(root, name, 'lib'));
}

/** Which of {@link cudaLibraries} a soname is of: `libcudnn` for `libcudnn.so.9`. */
export function cudaLibraryOf(soname: string): string | undefined {
  const [, name] = /^(lib\w+)\.so\b/.exec(soname) ?? [];
  return cudaLibraries.find((library) => library === name);
}

/** `libcudnn.so.9` of `libcudnn.so.9.3.0`: the name by which others ask for it, save that some add a minor version. */
export function sonameOf(file: string): string | undefined {
  const name = cudaLibraryOf(file);
  const [, version] = /\.so\.(\d+)/.exec(file) ?? [];
  return name && version ? `${name}.so.${version}` : undefined;
}

/** Where to look, beside what the dynamic linker knows. */
export interface LibraryPlaces {
  readonly env: Environment;
  /** The folder of TensorFlow's libraries. */
  readonly tensorflow?: string;
  readonly cache?: string;
}

/**
 * NVIDIA's libraries on this machine: those that the dynamic linker knows, those on LD_LIBRARY_PATH, and those that it
 * would find if it were told where.
 */
export function findLibraries({ env, tensorflow, cache = linkerCache() }: LibraryPlaces): FoundLibrary[] {
  const found = new Map<string, FoundLibrary>();
  const add = (file: string, path: string, linked: boolean) => {
    const soname = sonameOf(file);
    if (soname && !found.has(soname)) found.set(soname, { soname, path, linked });
  };
  for (const folder of (env['LD_LIBRARY_PATH'] ?? '').split(':').filter((part) => part !== '')) {
    for (const file of list(folder)) add(file, join(folder, file), true);
  }
  for (const line of cache.split('\n')) {
    const [, file, path] = /^\s*(\S+) \(.*\) => (\S+)$/.exec(line) ?? [];
    if (file && path) add(file, path, true);
  }
  const cudaFolders = list('/usr/local')
    .filter((name) => /^cuda(-\d|$)/.test(name))
    .map((name) => join('/usr/local', name, 'lib64'));
  for (const folder of [...(tensorflow ? besideTensorflow(tensorflow) : []), ...cudaFolders]) {
    if (existsSync(folder)) for (const file of list(folder)) add(file, join(folder, file), false);
  }
  return [...found.values()].sort((a, b) => a.soname.localeCompare(b.soname));
}
