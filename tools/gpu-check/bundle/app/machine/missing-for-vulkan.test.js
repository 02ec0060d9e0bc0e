import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { missingForVulkan } from './missing-for-vulkan.js';

const folder = mkdtempSync(join(tmpdir(), 'gpu-check-test-'));
after(() => rmSync(folder, { recursive: true }));

const machine = {
  nvidia: [{ driver_version: '580.95.05', 'mig.mode.current': 'Disabled' }],
  deviceFiles: ['/dev/nvidia0', '/dev/nvidiactl'],
};
const driver = { 'libGLX_nvidia.so.0': '/usr/lib/libGLX_nvidia.so.0' };

/** The line of Vulkan's loader about a library that does not load. */
const cannotOpen = (library) =>
  `ERROR: ${library}: cannot open shared object file: No such file or directory\n` +
  'ERROR: loader_icd_scan: Failed loading library associated with ICD JSON libGLX_nvidia.so.0. Ignoring this JSON';

describe('what is missing', () => {
  const none = { nvidia: undefined, deviceFiles: [] };
  const divided = { ...machine, nvidia: [{ 'mig.mode.current': 'Enabled' }] };
  const stale = { ...none, nvidiaFault: 'Failed to initialize NVML: Driver/library version mismatch' };
  const cases = [
    ['no GPU', none, {}, {}, /No GPU is visible here.*--gpus all/],
    ['a driver that only computes', machine, { 'libcuda.so.1': '/x' }, {}, /CAPABILITIES=all/],
    ['its installer, of the same version', machine, {}, {}, /x86_64-580\.95\.05\.run .*LD_LIBRARY_PATH/],
    ['a divided GPU', divided, driver, {}, /MIG/],
    ['libraries of X', machine, driver, { said: cannotOpen('libXext.so.6') }, /libXext\.so\.6.*libxext6\./],
    ['parts of the driver', machine, driver, { said: cannotOpen('libnvidia-glcore.so.580.95.05') }, /\.run/],
    ['a driver’s answer', stale, {}, {}, /nvidia-smi fails: .*version mismatch/],
    ['files named in vain', machine, driver, { inVain: ['VK_ICD_FILENAMES=/a.json'] }, /a\.json\. Unset/],
    ['a device file', { ...machine, deviceFiles: ['/dev/nvidia0'] }, driver, {}, /nvidiactl is not here/],
    ['none of these', machine, driver, { said: cannotOpen('libGLX_nvidia.so.0') }, /gave no adapter/],
  ];
  for (const [name, about, libraries, more, expected] of cases) {
    it(`is told: ${name}`, () => assert.match(missingForVulkan(about, libraries, more).join('\n'), expected));
  }

  it('is a library of the kernel’s version, where it has another', () => {
    const library = join(folder, 'libGLX_nvidia.so.535.183.01');
    const link = join(folder, 'libGLX_nvidia.so.0');
    writeFileSync(library, '');
    symlinkSync(library, link);
    const lines = missingForVulkan({ ...machine, kernelDriver: '580.95.05' }, { 'libGLX_nvidia.so.0': link });
    assert.match(lines.join(), /is of version 535\.183\.01, and the kernel's module of 580\.95\.05/);
  });
});
