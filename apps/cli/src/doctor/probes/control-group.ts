import { attempt } from './attempt.js';

/** Reads a text file; `undefined` where there is none, or none that may be read. */
export type ReadText = (path: string) => Promise<string | undefined>;

const ROOT = '/sys/fs/cgroup';

/** The folders of a group and of those above it, up to the root, which limit it as well. */
function upwards(mount: string, group: string): string[] {
  const parts = group.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, above) =>
    [mount, ...parts.slice(0, parts.length - above)].join('/'),
  );
}

/** Processors' worth of time; `undefined` where there is no limit. */
function share(quota: string | undefined, period: string | undefined): number | undefined {
  const processors = Number(quota) / Number(period);
  return processors > 0 && Number.isFinite(processors) ? processors : undefined;
}

/** The group of this process in a hierarchy, by `/proc/self/cgroup`: lines of an id, controllers and a path. */
function groupOf(lines: string, isOf: (controllers: readonly string[]) => boolean): string | undefined {
  for (const line of lines.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path !== undefined && isOf(controllers!.split(','))) return path;
  }
  return undefined;
}

/**
 * The processors' worth of time that the control group of this process may take: the least of its own limit and those of the
 * groups above it, in version 2 or in version 1; `undefined` where there is none. In a container, the path of the group may be that
 * of the host, whose folders are not there: the root is then the container's.
 *
 * @param read reads a file of the system.
 */
export async function processorQuota(read: ReadText): Promise<number | undefined> {
  const lines = (await attempt(() => read('/proc/self/cgroup'))) ?? '';
  const unified = groupOf(lines, (controllers) => controllers.length === 1 && controllers[0] === '') ?? '/';
  const ofProcessors = groupOf(lines, (controllers) => controllers.includes('cpu')) ?? '/';
  const shares: number[] = [];
  const note = (found: number | undefined) => found !== undefined && shares.push(found);
  for (const folder of upwards(ROOT, unified)) {
    const limit = await read(`${folder}/cpu.max`);
    if (limit !== undefined) note(share(...(limit.trim().split(/\s+/) as [string, string])));
  }
  for (const mount of [`${ROOT}/cpu`, `${ROOT}/cpu,cpuacct`]) {
    for (const folder of upwards(mount, ofProcessors)) {
      const quota = await read(`${folder}/cpu.cfs_quota_us`);
      if (quota !== undefined) note(share(quota, await read(`${folder}/cpu.cfs_period_us`)));
    }
  }
  return shares.length === 0 ? undefined : Number(Math.min(...shares).toFixed(2));
}
