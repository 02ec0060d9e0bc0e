import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { AttuneError, isAttuneError, plural } from '@attune/core';
import { loadLibrary } from '../library/load-library.js';
import { toMessage } from '../protocol/errors.js';
import {
  WORDS,
  type CallMessage,
  type ErrorMessage,
  type Reply,
  type ThreadData,
} from '../protocol/messages.js';
import { exchangeHosts } from './hosts.js';
import { localSum } from './local-sum.js';
import { MpiTransport } from './mpi-transport.js';
import { startMpi, type Mpi } from './mpi.js';
import { RemoteMemory } from './remote-memory.js';
import { Session } from './session.js';
import { yieldProcessor } from './yield-processor.js';

/** The thread that makes all calls of MPI. It sleeps between calls, but for signs of life. */

const { words, libraries, launcher, host, timeoutSeconds } = workerData as ThreadData;
const port = parentPort!;
const reply = (message: Reply): void => port.postMessage(message);

/** Seconds in which other ranks are told that the process ends. */
const FLUSH = 0.3;

/** Thrown to leave a wait: the process is about to end. */
const leaving = Symbol('leaving');

function messageOf(error: unknown): ErrorMessage {
  if (isAttuneError(error)) return toMessage(error);
  return { code: 'RANK_LOST', message: `The thread of MPI failed: ${String(error)}` };
}

/** Processes that were started together, but do not know of each other, would all do the whole work in one folder. */
function checkSize(size: number, name: string, file: string): void {
  const said = launcher?.size ?? 1;
  if (said <= 1 || said === size) return;
  throw new AttuneError(
    'RANKS_DISAGREE',
    `${launcher!.name} started ${said} processes, but ${name} (${file}) knows of ${size}.`,
    {
      fix: 'Start them with the mpirun of this library, or name the library of that mpirun in ATTUNE_MPI_LIBRARY.',
    },
  );
}

function start(): { mpi: Mpi; session: Session } {
  const library = loadLibrary(libraries);
  const mpi = startMpi(library);
  const { rank, size } = mpi;
  try {
    checkSize(size, library.version.name, library.file);
  } catch (error) {
    mpi.finalize();
    throw error;
  }
  const transport = new MpiTransport(mpi, localSum(library));
  const session = new Session(transport, words, () => lookUp(mpi), yieldProcessor);
  const { call, hosts } = exchangeHosts(host, rank, size);
  session.carryOut(call);
  session.watchOver(hosts(), timeoutSeconds);
  const [local, all] = [hosts().filter((name) => name === host).length, new Set(hosts()).size];
  const description = `${library.version.name}, ${plural(size, 'rank')} on ${plural(all, 'host')}`;
  reply({ kind: 'started', started: { rank, size, localSize: local, description } });
  return { mpi, session };
}

/** Ends all ranks, or this thread, where the other thread says so. */
function lookUp(mpi: Mpi): void {
  const abort = Atomics.load(words, WORDS.abort);
  if (abort !== 0) mpi.abort(abort - 1);
  if (Atomics.load(words, WORDS.leave) !== 0) throw leaving;
}

/** Carries out calls until the last one, dispose. */
function serve({ mpi, session }: { mpi: Mpi; session: Session }): void {
  const memory = new RemoteMemory();
  for (;;) {
    const seen = Atomics.load(words, WORDS.calls);
    const received = receiveMessageOnPort(port) as { message: CallMessage } | undefined;
    if (!received) {
      lookUp(mpi);
      Atomics.wait(words, WORDS.calls, seen, session.idle() * 1000);
      continue;
    }
    const { id, kind, arrays, owners } = received.message;
    try {
      session.carryOut({ kind, owners, parts: arrays.map((array) => memory.open(array)) });
      if (kind === 'dispose') {
        session.leave(timeoutSeconds);
        mpi.finalize();
        reply({ kind: 'done', id });
        return;
      }
      reply({ kind: 'done', id });
    } catch (error) {
      if (error === leaving) throw error;
      reply({ kind: 'done', id, error: messageOf(error) });
    }
  }
}

try {
  const started = start();
  try {
    serve(started);
  } catch (error) {
    if (error !== leaving) throw error;
    started.session.giveUp(FLUSH);
  }
} catch (error) {
  reply({ kind: 'not-started', error: messageOf(error) });
}
Atomics.store(words, WORDS.left, 1);
Atomics.notify(words, WORDS.left);
port.close();
