import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { faultOfPrepared, PACKAGE, preparedFolder, readManifest } from '@attune/backend-cuda';
import { knownBackends } from '@attune/core';
import { ownPackage } from '@attune/runs';

/** The packages with which attune's own backends compute, and which are not installed along with them. */
const engines: Readonly<Partial<Record<string, readonly string[]>>> = {
  cuda: [PACKAGE],
  webgpu: ['webgpu', 'onnxruntime-web'],
  cpu: ['onnxruntime-node'],
};

/** A package that a folder sees. */
export interface SeenPackage {
  readonly name: string;
  /** The package's folder. */
  readonly folder: string;
  /** The folder whose `node_modules` it lies in. */
  readonly home: string;
  /** The backend it is, or is for. */
  readonly backend: string;
  readonly isEngine: boolean;
}

/** A package as Node would find it from a folder: in its `node_modules`, or in those of a folder above. Nothing is loaded. */
export function findPackage(name: string, folder: string): Pick<SeenPackage, 'folder' | 'home'> | undefined {
  for (let home = folder; ; home = dirname(home)) {
    const candidate = join(home, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return { folder: candidate, home };
    if (dirname(home) === home) return undefined;
  }
}

/** The backends of attune's own, and their engines, that a folder sees. Nothing is loaded. */
export function packagesSeenFrom(folder: string): readonly SeenPackage[] {
  return knownBackends.flatMap((backend) => {
    const names = [ownPackage(backend), ...(engines[backend] ?? [])];
    return names.flatMap((name, i) => {
      const found = findPackage(name, folder);
      return found ? [{ name, ...found, backend, isEngine: i > 0 }] : [];
    });
  });
}

const here = dirname(realpathSync(fileURLToPath(import.meta.url)));

/**
 * Packages that the current folder sees and that are not loaded, since attune's own installation sees others, or none.
 *
 * @param installation a folder of it.
 */
export function unloadedPackages(
  folder: string = process.cwd(),
  installation: string = here,
): readonly SeenPackage[] {
  return packagesSeenFrom(folder).filter((seen) => {
    const own = findPackage(seen.name, installation);
    return !own || realpathSync(own.folder) !== realpathSync(seen.folder);
  });
}

/** How to have a package of the current folder loaded. */
export function flagToLoad({ home }: SeenPackage, folder: string = process.cwd()): string {
  return `--backends-from ${relative(folder, home) || '.'}`;
}

/** True for an engine that attune has already, beside its backend or prepared. */
function isHad({ name }: SeenPackage, installation: string): boolean {
  if (findPackage(name, installation)) return true;
  const prepared = preparedFolder();
  return name === PACKAGE && readManifest(prepared) !== undefined && faultOfPrepared(prepared) === undefined;
}

/**
 * One line for those who count on a backend, or an engine, of the current folder; `undefined` where none would change
 * anything.
 *
 * @param selection the value of `--backend`.
 */
export function unloadedHint(
  selection: string,
  folder: string = process.cwd(),
  installation: string = here,
): string | undefined {
  const isMeant = ({ backend }: SeenPackage) => ['auto', backend, ownPackage(backend)].includes(selection);
  const meant = unloadedPackages(folder, installation).filter(
    (seen) => isMeant(seen) && !(seen.isEngine && isHad(seen, installation)),
  );
  const [first] = meant;
  if (!first) return undefined;
  const names = meant.map(({ name }) => name).join(', ');
  return `Not loaded from the current folder's node_modules: ${names}. If you trust it: ${flagToLoad(first, folder)}`;
}
