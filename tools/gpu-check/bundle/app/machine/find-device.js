import { join } from 'node:path';
import { missingForVulkan } from './missing-for-vulkan.js';
import { namedInVain, waysToVulkan } from './vulkan.js';
import { startWorker } from '../processes/start-worker.js';

/** A driver that does not answer in this time is passed over. */
const DEVICE_MS = 30_000;

/** Describes the adapter that WebGPU finds by one way to Vulkan, or says why there is none. */
async function tryWay({ home, env, running }, way) {
  // The loader tells why it takes no driver: a library that the driver needs is missing, say.
  const worker = startWorker({ home, env: { VK_LOADER_DEBUG: 'error,warn', ...env, ...way.env }, running });
  try {
    return {
      ...way,
      found: await worker.ask('describeDevice', { device: { backend: 'webgpu' } }, DEVICE_MS),
    };
  } catch (error) {
    return { ...way, reason: [error.message, error.stderr].filter(Boolean).join('\n') };
  } finally {
    await worker.kill();
  }
}

/**
 * Looks for backend cuda, in the folder that was prepared for it.
 *
 * @returns the device, or what is missing.
 */
export async function findCuda({ home, env, running, cudaDir, allowSoftware }) {
  const worker = startWorker({ home, env: { ...env, ATTUNE_CUDA_DIR: cudaDir }, running });
  const device = { backend: 'cuda', allowSoftware };
  try {
    await worker.ask('openDevice', { device }, DEVICE_MS);
    return { device, missing: [] };
  } catch ({ message, fix }) {
    return { missing: [[`Backend cuda: ${message}`, fix].filter(Boolean).join('. ')] };
  } finally {
    await worker.kill();
  }
}

/**
 * Looks for a GPU through WebGPU, by every way until one is found. A software adapter counts only where it is allowed.
 *
 * @returns the device, its description and the way to it; what each way gave; and what is missing.
 */
export async function findDevice(options) {
  const { env, home, allowSoftware, machine } = options;
  const { libraries, ways } = await waysToVulkan(env, join(home, 'vulkan'), options.temp);
  const tried = [];
  for (const way of ways) {
    tried.push(await tryWay(options, way));
    if (tried.at(-1).found?.software === false) break;
  }
  const gave = tried.map(({ name, found, reason }) => ({ name, gave: found?.description ?? reason }));
  const hardware = tried.find(({ found }) => found?.software === false);
  const software = tried.find(({ found }) => found?.software);
  const way = hardware ?? (allowSoftware ? software : undefined);
  const said = tried.map(({ reason }) => reason ?? '').join('\n');
  const missing = hardware ? [] : missingForVulkan(machine, libraries, { said, inVain: namedInVain(env) });
  if (software && !way)
    missing.push(`${software.found.description} is no GPU: --allow-software takes it nevertheless.`);
  return {
    missing,
    ways: gave,
    ...(way && { way, about: way.found, device: { backend: 'webgpu', allowSoftware: way.found.software } }),
  };
}
