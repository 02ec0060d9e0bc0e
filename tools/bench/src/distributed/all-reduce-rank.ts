/** Times sums of so many bytes over all ranks. Started by `mpirun`; rank 0 prints one JSON object. `all-reduce.js` starts it. */
import { openMpi } from '@attune/distributed-mpi';
import { median } from '../median.js';

const sizes = process.argv.slice(2).map(Number);
const communicator = await openMpi();
const results: Record<number, object> = {};
for (const bytes of sizes) {
  const data = new Float32Array(bytes / 4);
  const milliseconds: number[] = [];
  const rounds = 3 + Math.max(5, Math.min(1000, Math.floor(500e6 / bytes)));
  for (let round = 0; round < rounds; round++) {
    // The sums do not overflow.
    data.fill(1);
    await communicator.barrier();
    const start = performance.now();
    await communicator.allReduceSum([data]);
    milliseconds.push(performance.now() - start);
    if (data.some((value) => value !== communicator.size)) throw new Error('A sum is wrong.');
  }
  const middle = median(milliseconds.slice(3));
  results[bytes] = { microseconds: 1000 * middle, gigabytesPerSecond: bytes / middle / 1e6 };
}
const { rank, description } = communicator;
await communicator.dispose();
if (rank === 0) console.log(JSON.stringify({ communicator: description, allReduce: results }));
