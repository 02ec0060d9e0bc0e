import type { PackageFacts } from '../../facts/facts.js';
import { fault, ok, type Check, type Finding } from '../../facts/finding.js';

/** Packages of attune's are published together, and ask for each other by exact version. */
export const packageVersions: Check = ({ packages, missingPackages = [] }) => {
  const found: Finding[] = [];
  if (missingPackages.length > 0) {
    found.push(
      fault(
        'package-missing',
        `packages of attune's are not installed: ${missingPackages.join(', ')}`,
        'The installation is broken: remove node_modules, and install again.',
      ),
    );
  }
  if (!packages || packages.length === 0) return found;
  const byVersion = new Map<string, PackageFacts[]>();
  for (const one of packages) byVersion.set(one.version, [...(byVersion.get(one.version) ?? []), one]);
  if (byVersion.size === 1) {
    found.push(ok('package-versions', `${packages.length} packages of attune's, ${packages[0]!.version}`));
    return found;
  }
  const [[common] = ['']] = [...byVersion].sort(([, a], [, b]) => b.length - a.length);
  const others = packages.filter(({ version }) => version !== common);
  const named = others.map(({ name, version }) => `${name} ${version}`).join(', ');
  const wanted = others.map(({ name }) => `${name}@${common}`).join(' ');
  found.push(
    fault(
      'package-versions',
      `packages of attune's are of several versions: ${named} beside ${common}`,
      `Install all of one version: npm install ${wanted}.`,
    ),
  );
  return found;
};
