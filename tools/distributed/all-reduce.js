/** A rank: sums numbers whose sum depends on the order, compares it with its definition, and prints what it found. */
import { openMpi } from '@attune/distributed-mpi';

const LENGTH = 3_000_001;

const mpi = await openMpi();
const value = (rank, i) => Math.fround(((i * 2654435761) % 1009) * 10 ** ((i + rank * 5) % 8));
const numbers = Float32Array.from({ length: LENGTH }, (_, i) => value(mpi.rank, i));
await mpi.allReduceSum([numbers]);
const wrong = numbers.findIndex((sum, i) => {
  let expected = 0;
  for (let rank = 0; rank < mpi.size; rank++) expected = Math.fround(expected + value(rank, i));
  return sum !== expected;
});
console.log(`rank ${mpi.rank}: ${mpi.description}: ${wrong < 0 ? 'right' : `wrong from ${wrong}`}`);
await mpi.dispose();
process.exitCode = wrong < 0 ? 0 : 1;
