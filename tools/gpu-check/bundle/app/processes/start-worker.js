import { join } from 'node:path';
import { Peer } from './peer.js';

/** Starts a process for a part of the check: worker.js. */
export function startWorker({ home, env, running, flags = [] }) {
  const args = ['--disable-warning=ExperimentalWarning', ...flags, join(home, 'app/worker.js')];
  const worker = new Peer('The process of this part', process.execPath, args, env);
  running.add(worker);
  worker.process.once('close', () => running.delete(worker));
  return worker;
}
