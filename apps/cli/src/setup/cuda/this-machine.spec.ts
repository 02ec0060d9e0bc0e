import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkProcessor, checkWheelName } from './this-machine.js';

test.each([
  'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
  'nvidia_cublas_cu12-12.5.3.2-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
  'six-1.16.0-py2.py3-none-any.whl',
  'libtensorflow-gpu-linux-x86_64-2.15.0.tar.gz',
])('%s is for Linux on x86_64', (name) => {
  expect(() => checkWheelName(join('wheels', name), 'x64')).not.toThrow();
});

test.each(['macosx_12_0_arm64', 'win_amd64', 'manylinux_2_27_aarch64'])(
  'a wheel for %s is not',
  (platform) => {
    const name = `tensorflow-2.21.0-cp311-cp311-${platform}.whl`;
    expect(() => checkWheelName(name, 'x64')).toThrow(
      expect.objectContaining({
        code: 'FILE_CORRUPT',
        message: expect.stringContaining(`${name} is for ${platform}, but this is Linux on x86_64.`),
        fix: expect.stringContaining('--platform manylinux_2_27_x86_64'),
      }),
    );
  },
);

test('libraries are distinguished by the processor in their header', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'attune-elf-'));
  const library = (name: string, machine: number) => {
    const header = Buffer.alloc(64);
    header.write('\x7fELF', 'latin1');
    header.writeUInt16LE(machine, 18);
    writeFileSync(join(folder, name), header);
    return join(folder, name);
  };
  await expect(checkProcessor(library('x86', 62), 'x64')).resolves.toBeUndefined();
  await expect(checkProcessor(library('arm', 183), 'x64')).rejects.toMatchObject({
    message: expect.stringMatching(/arm is for aarch64, but this is Linux on x86_64\./),
  });
  await expect(checkProcessor(library('riscv', 243), 'arm64')).rejects.toMatchObject({
    message: expect.stringMatching(/is for processor 243, but this is Linux on aarch64\./),
  });
  rmSync(folder, { recursive: true });
});
