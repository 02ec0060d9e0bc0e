import { installScripts, licences, REGISTRY } from './allowed.js';
import { isMetBy } from './spdx.js';

/** The name of a package, by its place in a lockfile: `node_modules/a/node_modules/@b/c`. */
const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** The places where Node looks for a package, seen from that of another, innermost first. */
function* candidates(path, name) {
  for (let at = path; ;) {
    yield `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (at === '') return;
    const inner = at.lastIndexOf('/node_modules/');
    at = inner < 0 ? '' : at.slice(0, inner);
  }
}

function resolve(packages, path, name) {
  for (const candidate of candidates(path, name)) {
    const found = packages[candidate];
    if (found) return found.link ? found.resolved : candidate;
  }
  return undefined;
}

/** The peers of a package: those that npm installs along with it, or the optional ones. */
function peersOf({ peerDependencies = {}, peerDependenciesMeta = {} }, isOptional) {
  return Object.keys(peerDependencies).filter(
    (name) => (peerDependenciesMeta[name]?.optional ?? false) === isOptional,
  );
}

/** Everything that some packages bring along. */
function closure(packages, roots, faults) {
  const seen = new Set();
  const visit = (path) => {
    if (seen.has(path)) return;
    seen.add(path);
    const { dependencies = {}, optionalDependencies = {} } = packages[path];
    for (const name of [
      ...Object.keys({ ...dependencies, ...optionalDependencies }),
      ...peersOf(packages[path], false),
    ]) {
      const found = resolve(packages, path, name);
      if (found !== undefined) visit(found);
      else if (name in dependencies && !(name in optionalDependencies))
        faults.push(`${path} needs ${name}, which is not in the lockfile`);
    }
  };
  roots.forEach(visit);
  return seen;
}

/**
 * Sorts what a lockfile has into the groups of {@link licences}.
 *
 * @param published places of the packages that are published.
 */
export function groupsOf({ packages }, published, faults = []) {
  const brought = closure(packages, published, faults);
  const peers = published.flatMap((path) =>
    peersOf(packages[path], true).flatMap((name) => resolve(packages, path, name) ?? []),
  );
  const engines = closure(packages, peers, faults);
  const groups = new Map();
  for (const [path, { link }] of Object.entries(packages)) {
    if (link || !path.includes('node_modules/')) continue;
    groups.set(path, brought.has(path) ? 'published' : engines.has(path) ? 'engines' : 'build');
  }
  return groups;
}

/** Faults of a package's entry. */
function faultsOfEntry(path, entry, group, lock) {
  const name = nameOf(path);
  const label = `${name}@${entry.version} (${group})`;
  const faults = [];
  if (!isMetBy(entry.license, licences[group]))
    faults.push(`${label} has the licence ${entry.license ?? 'none'}`);
  // Without an address, it is that of the registry for the name and version.
  if (entry.resolved !== undefined && !entry.resolved.startsWith(REGISTRY)) {
    faults.push(`${label} comes from ${entry.resolved}`);
  }
  if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(entry.integrity ?? ''))
    faults.push(`${label} has no sha512 integrity`);
  if (entry.hasInstallScript) {
    const allowed = Object.hasOwn(installScripts, name) ? installScripts[name] : undefined;
    if (allowed?.group !== group || (allowed.lock ?? 'root') !== lock)
      faults.push(`${label} has an install script`);
  }
  return faults;
}

/**
 * Faults of a lockfile.
 *
 * @param published places of the packages that are published: workspaces, or `''` where all of it is installed for users.
 * @param lock `root` or `setup`.
 */
export function faultsOfLockfile(lockfile, published, lock = 'root') {
  const faults = [];
  if (lockfile.lockfileVersion !== 3) faults.push(`lockfile version ${lockfile.lockfileVersion}, not 3`);
  for (const [path, group] of groupsOf(lockfile, published, faults)) {
    faults.push(...faultsOfEntry(path, lockfile.packages[path], group, lock));
  }
  return faults;
}

/** Names on the list of install scripts that no lockfile has any more. */
export function staleNames(lockfiles) {
  const scripts = new Set(
    lockfiles.flatMap(({ packages }) =>
      Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
        hasInstallScript ? [nameOf(path)] : [],
      ),
    ),
  );
  return Object.keys(installScripts).filter((name) => !scripts.has(name));
}
