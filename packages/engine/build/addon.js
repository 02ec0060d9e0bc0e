/** Compiles the kernels to an addon for Node. Shared by the scripts that build it here, and for other platforms. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { include_dir as nodeHeaders } from 'node-api-headers';
import { pathOf } from './sources.js';

/** Flags of each table of kernels, by architecture. Its name in C is `kernels_NAME`. */
const tables = {
  x64: {
    avx2: ['-mavx2', '-mfma', '-mf16c'],
    avx512: [
      ...['-mavx512f', '-mavx512bw', '-mavx512vl', '-mavx512dq', '-mavx2', '-mfma', '-mf16c'],
      '-mprefer-vector-width=512',
    ],
  },
  arm64: { neon: [] },
};
const commonFlags = [
  ...[
    '-std=gnu17',
    '-fPIC',
    '-fvisibility=hidden',
    '-fno-strict-aliasing',
    '-ffp-contract=fast',
    '-Wall',
    '-Wextra',
  ],
  // Of gcc, when it passes vectors that no function outside of a table sees.
  ...['-Wno-psabi', '-c'],
];
const linkerFlags = {
  linux: ['-shared', '-pthread', '-Wl,--gc-sections'],
  darwin: ['-bundle', '-undefined', 'dynamic_lookup'],
  win32: ['-shared'],
};

/** True if there are kernels for an architecture. */
export const hasKernels = (architecture) => architecture in tables;

/** True if it is known how to link an addon for a platform. */
export const canLink = (platform) => platform in linkerFlags;

async function run(compiler, args) {
  const [command, ...first] = compiler;
  try {
    const { stderr } = await promisify(execFile)(command, [...first, ...args], { cwd: pathOf('kernels') });
    process.stderr.write(stderr);
  } catch (error) {
    process.stderr.write(error.stderr ?? '');
    throw new Error(`${[...compiler, ...args].join(' ')} failed`, { cause: error });
  }
}

/**
 * Compiles and links an addon.
 *
 * @param compiler command of a C compiler, and its first arguments.
 * @param flags flags of the compiler beside those that every addon has.
 * @param libraries what is linked beside the objects: on Windows, the functions of Node itself.
 * @returns its bytes.
 */
export async function compileAddon({ compiler, platform, architecture, flags = ['-O3'], libraries = [] }) {
  const folder = mkdtempSync(join(tmpdir(), 'attune-'));
  const object = async (source, name, more) => {
    const file = join(folder, `${name}.o`);
    await run(compiler, [...commonFlags, ...flags, ...more, source, '-o', file]);
    return file;
  };
  try {
    const objects = await Promise.all([
      ...Object.entries(tables[architecture]).map(([name, own]) =>
        object('table.c', name, [...own, `-DKERNEL_TABLE=kernels_${name}`]),
      ),
      object('executor.c', 'executor', []),
      ...['pool', 'engine', 'addon'].map((name) => object(`native/${name}.c`, name, [`-I${nodeHeaders}`])),
    ]);
    const addon = join(folder, 'engine.node');
    // A sanitizer is the linker's as well.
    const shared = flags.filter((flag) => flag.startsWith('-fsanitize='));
    // What reports faults needs the names of functions.
    const strip = platform === 'linux' && shared.length === 0 ? ['-s'] : [];
    await run(compiler, [
      ...linkerFlags[platform],
      ...strip,
      ...shared,
      ...objects,
      ...libraries,
      '-o',
      addon,
    ]);
    return readFileSync(addon);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
