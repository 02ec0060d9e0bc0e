import { readFile, readdir, realpath } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findPackage } from '../../backends/unloaded-packages.js';
import type { MachineFacts, PackageFacts, PeerFacts } from '../facts/facts.js';
import { attempt } from './attempt.js';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const isOwn = (name: string) => name.startsWith('@attune/');

async function manifestOf(folder: string): Promise<Manifest | undefined> {
  const text = await attempt(() => readFile(join(folder, 'package.json'), 'utf8'));
  return attempt(() => (text === undefined ? undefined : (JSON.parse(text) as Manifest)));
}

/** True if the native code of a package for this platform is there; `undefined` for a package that has none. */
async function hasBinary(name: string, folder: string): Promise<boolean | undefined> {
  const { platform, arch } = process;
  if (name === 'onnxruntime-node') {
    const apis = (await attempt(() => readdir(join(folder, 'bin')))) ?? [];
    return apis.some((api) =>
      existsSync(join(folder, 'bin', api, platform, arch, 'onnxruntime_binding.node')),
    );
  }
  if (name === 'webgpu') {
    const builds = (await attempt(() => readdir(join(folder, 'dist')))) ?? [];
    return builds.some((build) => build === `${platform}-${arch}` || build === `${platform}-universal`);
  }
  if (name === '@tensorflow/tfjs-node-gpu') return existsSync(join(folder, 'lib/napi-v8/tfjs_binding.node'));
  return undefined;
}

async function peersOf(manifest: Manifest, folder: string): Promise<PeerFacts[]> {
  const wanted = Object.entries(manifest.peerDependencies ?? {}).filter(([name]) => !isOwn(name));
  return Promise.all(
    wanted.map(async ([name, range]) => {
      const found = findPackage(name, folder);
      const peer = found && (await manifestOf(found.folder));
      const binary = found && (await hasBinary(name, found.folder));
      return {
        ...{ name, of: manifest.name, wanted: range },
        ...(peer && { version: String(peer.version) }),
        ...(binary !== undefined && { hasBinary: binary }),
      };
    }),
  );
}

/**
 * The packages of attune's that a folder's package depends on, and theirs, each as its own folder finds it, and the packages of
 * others that they ask for and do not install. Manifests are read, and nothing is loaded.
 *
 * @param installation the folder of the command's own package.
 */
export async function packageFacts(
  installation: string,
): Promise<Required<Pick<MachineFacts, 'packages' | 'missingPackages' | 'peers'>>> {
  const packages = new Map<string, PackageFacts>();
  const missing = new Set<string>();
  const peers = new Map<string, PeerFacts>();
  const queue = [installation];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const folder = (await attempt(() => realpath(next!))) ?? next;
    if (packages.has(folder)) continue;
    const manifest = await manifestOf(folder);
    if (!manifest) continue;
    packages.set(folder, { name: String(manifest.name), version: String(manifest.version), folder });
    for (const peer of await peersOf(manifest, folder)) {
      // The command names the peers of its backends once more.
      if (!peers.has(peer.name) || peer.of !== '@attune/cli') peers.set(peer.name, peer);
    }
    const optional = manifest.optionalDependencies ?? {};
    for (const name of Object.keys({ ...optional, ...manifest.dependencies }).filter(isOwn)) {
      const found = findPackage(name, folder);
      if (found) queue.push(found.folder);
      // Of native engines, npm installs the one that fits.
      else if (!Object.hasOwn(optional, name)) missing.add(name);
    }
  }
  return { packages: [...packages.values()], missingPackages: [...missing], peers: [...peers.values()] };
}
