import { ok, warning, type Check } from '../../facts/finding.js';

const id = 'webgpu';

/** WebGPU in Node. A machine without a GPU lacks nothing. */
export const webgpu: Check = ({ backends, hasGpu, peers = [] }) => {
  const availability = backends?.find(({ name }) => name === id)?.availability;
  if (!availability) return [];
  const isInstalled = peers.some(({ name, version }) => name === 'webgpu' && version !== undefined);
  if (availability.available) {
    if (!availability.software) return [ok(id, availability.description)];
    return [
      warning(
        id,
        `${availability.description}: auto passes it over`,
        "Install the GPU's own driver. Without a GPU, --backend cpu is far faster than one in software.",
      ),
    ];
  }
  const { reason, fix = '' } = availability;
  if (isInstalled || hasGpu) return [warning(id, reason, fix || 'Use --backend cpu here.')];
  return [ok(id, 'no GPU was found, and WebGPU is not installed')];
};
