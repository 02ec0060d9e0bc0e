import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { namedInVain, waysToVulkan } from './vulkan.js';

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

it('a driver’s library is found by its version, too, where there is no link to it', async () => {
  const extracted = join(folder, 'extracted');
  mkdirSync(extracted);
  const library = join(extracted, 'libGLX_nvidia.so.580.95.05');
  writeFileSync(library, '');
  const { libraries } = await waysToVulkan({ LD_LIBRARY_PATH: extracted }, '/archive/vulkan', folder);
  assert.equal(libraries['libGLX_nvidia.so.0'], library);
});

it('a file that the environment names, and that is not there, is left out of a way', async () => {
  const env = { VK_ICD_FILENAMES: join(folder, 'none.json') };
  assert.deepEqual(namedInVain(env), [`VK_ICD_FILENAMES=${join(folder, 'none.json')}`]);
  const { ways } = await waysToVulkan(env, '/archive/vulkan', folder);
  const { env: without } = ways[2];
  assert.ok('VK_ICD_FILENAMES' in without && without.VK_ICD_FILENAMES === undefined);
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
