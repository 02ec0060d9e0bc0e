import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { AttuneError } from '@attune/core';

/** Processors by Node's name: as Python's wheels call them, and their number in the header of an ELF file. */
const processors: Readonly<Record<string, { readonly wheel: string; readonly elf: number }>> = {
  x64: { wheel: 'x86_64', elf: 62 },
  arm64: { wheel: 'aarch64', elf: 183 },
};

const PIP =
  'Download one on such a machine as this, or with: pip download --no-deps --only-binary=:all: --platform ' +
  'manylinux_2_27_';

function foreign(what: string, arch: string): AttuneError {
  const wheel = processors[arch]?.wheel ?? arch;
  return new AttuneError('FILE_CORRUPT', `${what}, but this is Linux on ${wheel}.`, {
    fix: `${PIP}${wheel} tensorflow`,
  });
}

/**
 * Refuses a wheel whose name says that it is for another system or processor: `…-macosx_12_0_arm64.whl`.
 *
 * @throws AttuneError FILE_CORRUPT
 */
export function checkWheelName(file: string, arch: string = process.arch): void {
  const [, platform] = /-([^-]+)\.whl$/.exec(basename(file)) ?? [];
  const processor = processors[arch];
  if (!platform || !processor || platform === 'any') return;
  // One wheel may be for several platforms: their names are joined by dots.
  const fits = platform
    .split('.')
    .some((tag) => /^(many|musl)?linux/.test(tag) && tag.endsWith(`_${processor.wheel}`));
  if (!fits) throw foreign(`${basename(file)} is for ${platform}`, arch);
}

/**
 * Refuses a library that was built for another processor. What is no ELF file at all is left to the linker.
 *
 * @throws AttuneError FILE_CORRUPT
 */
export async function checkProcessor(library: string, arch: string = process.arch): Promise<void> {
  const processor = processors[arch];
  const file = await open(library);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(20), 0, 20, 0);
    if (!processor || bytesRead < 20 || buffer.toString('latin1', 0, 4) !== '\x7fELF') return;
    const machine = buffer.readUInt16LE(18);
    if (machine === processor.elf) return;
    const name = Object.values(processors).find(({ elf }) => elf === machine)?.wheel;
    throw foreign(`${library} is for ${name ?? `processor ${machine}`}`, arch);
  } finally {
    await file.close();
  }
}
