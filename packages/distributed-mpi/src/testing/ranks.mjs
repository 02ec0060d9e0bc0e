// A rank of the tests: run by mpirun, with the name of a scenario.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isMainThread, Worker } from 'node:worker_threads';
import { localCommunicators } from '@attune/core';
import { openMpi } from '@attune/distributed-mpi';

/** Long enough for whatever is to end this process. */
const forever = () => new Promise((resolve) => setTimeout(resolve, 150_000));

const [scenario, place] = process.argv.slice(2);
if (place === 'in-worker' && isMainThread) {
  const [code] = await once(new Worker(new URL(import.meta.url), { argv: [scenario] }), 'exit');
  // Threads of MPI may outlive the one that loaded it.
  const isLoaded = /\/libmpi/.test(readFileSync('/proc/self/maps', 'utf8'));
  console.log(`rank: the library is ${isLoaded ? '' : 'not '}loaded`);
  process.exit(code);
}
const mpi = await openMpi({ timeoutSeconds: scenario === 'stopped' ? 2 : 30 }).catch(({ code, message }) => {
  console.log(`rank: ${code}: ${message}`);
  process.exit(6);
});
const { rank, size } = mpi;

/** Numbers whose sum depends on the order, the same in every process. */
function values(length, rank, kind = Float32Array) {
  const array = new kind(length);
  let state = 12345 + rank;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    array[i] = state * 10 ** ((state >>> 8) % 9);
  }
  if (length > 1) array[1] = -0;
  return array;
}

/** The parts of a rank: small, empty and large ones, of both types. */
const partsOf = (rank) => [
  values(3, rank),
  values(0, rank),
  values(300_001, rank),
  values(5, rank, Float64Array),
  values(17, rank),
  values(1000, rank),
  values(70_000, rank, Float64Array),
  values(1_100_000, rank).subarray(1, 1_000_003),
];

/** Makes a call with real ranks, and with ranks in one process, and compares all bits that count. */
async function compare(name, call, counts) {
  const real = partsOf(rank);
  await call(mpi, real);
  const local = localCommunicators(size).map((each, i) => [each, partsOf(i)]);
  await Promise.all(local.map(([each, parts]) => call(each, parts)));
  const expected = local[rank][1];
  real.forEach((part, i) => {
    if (!counts(i)) return;
    const bytes = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength);
    if (bytes(part).equals(bytes(expected[i]))) return;
    throw new Error(`${name}: part ${i} of rank ${rank} is not what it is in one process`);
  });
}

/** A module whose function reads before its memory. */
const faulty = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1],
  ...[7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 65, 112, 40, 2, 0, 11],
);

/** A fault of WebAssembly is an error, and not the end of the process: MPI leaves the signals of the engine alone. */
async function faultOfWebAssembly() {
  const { instance } = await WebAssembly.instantiate(faulty);
  try {
    instance.exports.f();
  } catch {
    return;
  }
  throw new Error('a fault of WebAssembly is no error');
}

const scenarios = {
  async calls() {
    const owners = partsOf(0).map((_, i) => (i * 2 + 1) % size);
    const all = () => true;
    await compare('allReduceSum', (each, parts) => each.allReduceSum(parts), all);
    await compare(
      'reduceScatterSum',
      (each, parts) => each.reduceScatterSum(parts, owners),
      (i) => owners[i] === rank,
    );
    await compare('allGather', (each, parts) => each.allGather(parts, owners), all);
    await compare('broadcast', (each, [part]) => each.broadcast(new Uint8Array(part.buffer), size - 1), all);
    await faultOfWebAssembly();
    await mpi.allReduceSum([]);
    await mpi.broadcast(new Uint8Array(0), 0);
    const shared = new Float32Array(new SharedArrayBuffer(40)).fill(1);
    await mpi.allReduceSum([shared]);
    if (shared[9] !== size) throw new Error('shared memory');
    // Calls are carried out in their order.
    const number = Float64Array.of(1);
    const calls = Array.from({ length: 20 }, () => mpi.allReduceSum([number]));
    await Promise.all([...calls, mpi.barrier()]);
    if (number[0] !== size ** 20) throw new Error(`${number[0]} after 20 calls`);
    await mpi.dispose();
    await mpi.barrier().catch(({ code }) => console.log(`rank ${rank}: ${mpi.description}: ${code}`));
  },

  /** Rank 1 makes another call, or one of another length: all hear of it. */
  async disagree() {
    const length = rank === 1 ? 3 : 2;
    await report(mpi.allReduceSum([new Float32Array(length)]));
    // The launcher ends all where one ends, and the others may not have reported yet.
    await forever();
  },

  async aborted() {
    await mpi.barrier();
    if (rank === 1) await mpi.abort(7, 'the loss is not a number');
    await mpi.barrier();
    await forever();
  },

  /** Ends without a word, as after an error that nobody catches. */
  async exits() {
    await mpi.barrier();
    if (rank === 1) process.exit(3);
    await report(mpi.barrier());
    process.exit(4);
  },

  async killed() {
    await mpi.barrier();
    if (rank === 1) process.kill(process.pid, 'SIGKILL');
    await mpi.barrier();
    await forever();
  },

  /** Rank 1 stops, as on a host that hangs; rank 2 is only busy. The others name rank 1, and end; that ends the task. */
  async stopped() {
    await mpi.barrier();
    if (rank === 1) process.kill(process.pid, 'SIGSTOP');
    for (const until = Date.now() + 3000; rank === 2 && Date.now() < until;);
    await report(mpi.allReduceSum([new Float32Array(1_000_000)]));
    process.exit(5);
  },
};

/** Prints the error with which a call fails. */
async function report(call) {
  await call.then(
    () => console.log(`rank ${rank}: no error`),
    ({ code, message, data }) => console.log(`rank ${rank}: ${code} ${data?.rank ?? ''}: ${message}`),
  );
}

await scenarios[scenario]();
