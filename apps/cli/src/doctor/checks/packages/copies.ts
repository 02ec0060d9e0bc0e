import { warning, type Check } from '../../facts/finding.js';

/** A package that is there twice: what one copy makes, the other may not know. */
export const packageCopies: Check = ({ packages = [] }) => {
  const names = [...new Set(packages.map(({ name }) => name))];
  return names.flatMap((name) => {
    const folders = [...new Set(packages.filter((one) => one.name === name).map(({ folder }) => folder))];
    if (folders.length < 2) return [];
    return [
      warning(
        'package-copies',
        `${name} is installed ${folders.length} times: ${folders.join(', ')}`,
        'Make one of them: npm dedupe; or remove node_modules and the lockfile, and install again.',
      ),
    ];
  });
};
