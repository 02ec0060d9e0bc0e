import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { missingForVulkan, waysToVulkan } from './vulkan.js';

const folder = mkdtempSync(join(tmpdir(), 'gpu-check-test-'));
after(() => rmSync(folder, { recursive: true }));

describe('the ways to Vulkan', () => {
  it('are the system’s and the archive’s loader, which keep the folders that the user named', async () => {
    const { ways } = await waysToVulkan({ LD_LIBRARY_PATH: '/mine' }, '/archive/vulkan', folder);
    assert.deepEqual(ways[0].env, {});
    assert.deepEqual(ways[1].env, { LD_LIBRARY_PATH: '/mine:/archive/vulkan' });
  });

  it('are NVIDIA’s libraries, too, where no file describes them', async () => {
    const library = join(folder, 'libEGL_nvidia.so.0');
    writeFileSync(library, '');
    const { ways } = await waysToVulkan({ LD_LIBRARY_PATH: folder }, '/archive/vulkan', folder);
    const { name, env } = ways.at(-1);
    assert.match(name, /libEGL_nvidia/);
    assert.equal(JSON.parse(readFileSync(env.VK_DRIVER_FILES, 'utf8')).ICD.library_path, library);
    assert.equal(env.LD_LIBRARY_PATH, `${folder}:/archive/vulkan`);
  });
});

it('a description of a driver beside its libraries is a way, too', async () => {
  const file = join(folder, 'nvidia_icd.json');
  writeFileSync(file, '{}');
  const { ways } = await waysToVulkan({}, '/archive/vulkan', folder, [file, join(folder, 'missing.json')]);
  const described = ways.filter(({ env }) => env.VK_DRIVER_FILES === file);
  assert.deepEqual(
    described.map(({ name }) => name),
    [`the archive's Vulkan loader with ${file}`],
  );
});

describe('what is missing', () => {
  const machine = { nvidia: [{ 'mig.mode.current': 'Disabled' }], deviceFiles: ['/dev/nvidia0'] };
  const driver = { 'libGLX_nvidia.so.0': '/usr/lib/libGLX_nvidia.so.0' };
  const cases = [
    ['no GPU', { nvidia: undefined, deviceFiles: [] }, {}, /No GPU is visible here.*--gpus all/],
    ['a driver that only computes', machine, { 'libcuda.so.1': '/x' }, /NVIDIA_DRIVER_CAPABILITIES=all/],
    ['a divided GPU', { ...machine, nvidia: [{ 'mig.mode.current': 'Enabled' }] }, driver, /MIG/],
    ['none of these', machine, driver, /gave no adapter/],
  ];
  for (const [name, about, libraries, expected] of cases) {
    it(name, () => assert.match(missingForVulkan(about, libraries).join('\n'), expected));
  }
});
