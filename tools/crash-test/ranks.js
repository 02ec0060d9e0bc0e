import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchAttune } from './attune.js';

/** Open MPI's launcher, under its name in Debian, which may have MPICH's beside it. */
const LAUNCHER = ['mpirun.openmpi', '--oversubscribe', '--bind-to', 'none'];
if (process.getuid?.() === 0) LAUNCHER.push('--allow-run-as-root');

/** Seconds in which the whole job has to end after a kill. */
const SECONDS_TO_END = 30;

/** A variable that all processes of a job inherit, and are known by. */
const MARK = 'ATTUNE_CRASH_TEST_JOB';

/** The processes of a job that are alive, with the rank of those that have one. Linux tells in /proc. */
async function processesOf(mark) {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Empty for a process that has ended.
      const environment = (await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')).split('\0');
      if (!environment.includes(`${MARK}=${mark}`)) return [];
      const rank = environment.find((entry) => entry.startsWith('OMPI_COMM_WORLD_RANK='))?.split('=')[1];
      return [{ pid: Number(pid), ...(rank !== undefined && { rank: Number(rank) }) }];
    }),
  );
  return found.flat();
}

let jobs = 0;

/** Starts the command on ranks. The job has ended when none of its processes is left. */
export function startOnRanks(ranks, ...args) {
  const mark = `${process.pid}-${jobs++}`;
  const { child, ended: closed } = launchAttune(
    [...LAUNCHER, '-n', String(ranks)],
    { ...process.env, [MARK]: mark },
    ...args,
  );
  const exited = once(child, 'exit');
  let killedAt;
  let isOver = false;

  const ended = (async () => {
    await exited;
    isOver = true;
    const since = killedAt ?? performance.now();
    for (;;) {
      const left = await processesOf(mark);
      const secondsToEnd = (performance.now() - since) / 1000;
      if (left.length === 0 && secondsToEnd <= SECONDS_TO_END) return { ...(await closed), secondsToEnd };
      if (secondsToEnd > SECONDS_TO_END) {
        for (const { pid } of left) process.kill(pid, 'SIGKILL');
        const pids = left.map(({ pid }) => pid).join(', ');
        const { stderr } = await closed;
        throw new Error(
          `The job took ${secondsToEnd.toFixed(1)} s to end; processes left: ${pids || 'none'}. ${stderr}`,
        );
      }
      await sleep(50);
    }
  })();

  /** Kills a rank as soon as it is there, or the launcher. Returns false if the job was over before. */
  async function kill(victim) {
    for (; !isOver; await sleep(10)) {
      const { pid } =
        victim === 'launcher' ? child : ((await processesOf(mark)).find(({ rank }) => rank === victim) ?? {});
      if (pid === undefined || isOver) continue;
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        continue; // It has ended in the meantime.
      }
      killedAt = performance.now();
      return true;
    }
    return false;
  }
  return { ended, kill };
}
