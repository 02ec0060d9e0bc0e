import { ok, warning, type Check } from '../../facts/finding.js';

/** The needs of the CUDA backend. A machine without an NVIDIA GPU and without the package lacks nothing. */
export const cuda: Check = ({ cuda: findings = [] }) => {
  const isThere = (wanted: string) => findings.some(({ name, ok: fine }) => name === wanted && fine);
  if (!isThere('driver') && !isThere('package')) return [];
  return findings.map(({ name, ok: fine, text, fix }) =>
    fine
      ? ok(`cuda-${name}`, text)
      : warning(`cuda-${name}`, text, fix ?? 'Mend what stands above it first, and run doctor again.'),
  );
};
