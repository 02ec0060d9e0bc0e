/**
 * Reads damaged documents, from a seed, with every reader of outside bytes:
 *
 *     npm run build && node tools/fuzz/run.js [--only TEXT] [--seed 1] [--at N]
 *
 * `targets/` has the readers. Each has documents that are right, as bytes, as a tree (JSON, YAML) or as pieces of a language,
 * and `read`, which has to return what it read or throw an AttuneError with a known code; a target may check what is returned.
 * ATTUNE_FUZZ_RUNS says how many documents each one reads: 20,000 unless it says otherwise, and a target that is slow takes
 * the share that it states. `--at N` prints and reads the Nth document of a target alone.
 *
 * A reader runs in a worker: one that does not come back within 5 seconds, takes more than half a gigabyte, ends the process,
 * or changes the prototype of all objects has failed, too. So have readers that take every document, or none: then the
 * documents are of no use. Prints a line for each target, and `N passed, N failed`.
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    at: { type: 'string' },
  },
});
const runs = Number(process.env.ATTUNE_FUZZ_RUNS ?? 20_000);

const HANG_MS = 5000;
/** On a machine with other work, a document may wait. */
const PATIENCE = 6;

function fuzz(name) {
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: { name, runs, seed: Number(flags.seed), at: flags.at && Number(flags.at), progress },
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  return new Promise((done) => {
    let [last, since] = [-1, performance.now()];
    const fail = (fault) => {
      clearInterval(timer);
      void worker.terminate();
      done({
        fault: `${fault}: document ${Atomics.load(progress, 0)} (--seed ${flags.seed} --at N shows it)`,
      });
    };
    const timer = setInterval(() => {
      const at = Atomics.load(progress, 0);
      if (at !== last) [last, since] = [at, performance.now()];
      else if (performance.now() - since > HANG_MS * PATIENCE) fail('does not come back');
    }, 200);
    worker.on('message', (result) => {
      clearInterval(timer);
      done(result);
    });
    worker.on('error', (error) => fail(`dies of ${error.code ?? error}`));
    worker.on('exit', () => fail('ends the process'));
  });
}

const names = readdirSync(new URL('./targets/', import.meta.url)).map((file) => file.replace('.js', ''));
let failed = 0;
const chosen = names.filter((name) => name.includes(flags.only));
for (const name of chosen) {
  const started = performance.now();
  const { fault, count, read, codes, slowestMs } = await fuzz(name);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (fault) failed++;
  console.log(
    fault
      ? `failed ${name} (${seconds} s)\n       ${fault}`
      : `passed ${name}: ${count} documents, ${read} read, ${Object.entries(codes)
          .map(([code, times]) => `${times} ${code}`)
          .join(', ')} (${seconds} s, the slowest ${slowestMs} ms)`,
  );
}
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
