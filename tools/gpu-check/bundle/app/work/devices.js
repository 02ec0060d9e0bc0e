/** Opens the backends that are checked. */

/** The settings of a device: `{ backend: 'webgpu' | 'cuda', allowSoftware: boolean }`. */
const modules = { webgpu: '@attune/backend-webgpu', cuda: '@attune/backend-cuda' };

const optionsOf = ({ backend, allowSoftware }) => (backend === 'cuda' ? { allowCpu: allowSoftware } : {});

/** @throws Error where there is no device, or only one in software and that is not allowed. */
async function openPlugin(device) {
  const { backend: plugin } = await import(modules[device.backend]);
  const found = await plugin.isAvailable(optionsOf(device));
  if (!found.available) throw Object.assign(new Error(found.reason), { code: 'NO_DEVICE', fix: found.fix });
  if (found.software && !device.allowSoftware) {
    throw Object.assign(new Error(`${found.description} is no GPU`), { code: 'SOFTWARE_ADAPTER' });
  }
  return { plugin, found };
}

/** A function that creates the backend of a device. */
export async function creatorOf(device) {
  const { plugin } = await openPlugin(device);
  return () => plugin.create(optionsOf(device));
}

export const openBackend = async (device) => (await creatorOf(device))();

/** Opens a device as the parts will, and closes it again. @throws Error where it does not open. */
export async function openDevice({ device }) {
  await (await openBackend(device)).dispose();
}

/** The device in its own words: for WebGPU, the adapter's. */
export async function describeDevice({ device }) {
  const { found } = await openPlugin({ ...device, allowSoftware: true });
  const about = { description: found.description, software: found.software === true };
  if (device.backend !== 'webgpu') return about;
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  const { vendor, architecture, device: name, description } = adapter.info;
  const limits = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxStorageBuffersPerShaderStage'];
  return {
    ...about,
    adapter: { vendor, architecture, device: name, description },
    features: [...adapter.features].sort(),
    limits: Object.fromEntries(limits.map((limit) => [limit, adapter.limits[limit]])),
  };
}
