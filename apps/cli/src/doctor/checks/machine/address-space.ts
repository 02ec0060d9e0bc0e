import { formatBytes } from '@attune/runs';
import { ok, warning, type Check } from '../../facts/finding.js';

/** V8 reserves addresses of ten GiB and more for a WebAssembly memory, whatever its size, beside those of the process. */
const LEAST = 16 * 10 ** 9;

export const addressSpace: Check = ({ limits }) => {
  const bytes = limits?.addressSpaceBytes;
  if (bytes === undefined) return [];
  const text = `addresses are limited to ${formatBytes(bytes)} (ulimit -v)`;
  if (bytes >= LEAST) return [ok('address-space', text)];
  return [
    warning(
      'address-space',
      `${text}: WebAssembly cannot reserve its memory`,
      'Lift it in this shell: ulimit -v unlimited. Limit the container or the cgroup instead.',
    ),
  ];
};
