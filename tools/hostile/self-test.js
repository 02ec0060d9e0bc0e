/** Tries the watcher on programs that do what must never be done: it has to notice each of them. */
import { makePlaces } from './places.js';
import { watch } from './watch.js';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Quick to reach. */
const limits = { cpuSeconds: 2, wallSeconds: 60, bytes: 200 * 2 ** 20, outputBytes: 2 ** 17 };

/** Programs by what they do: the source, and the fault that is to be found. */
const misbehaving = {
  'works forever': ['for (;;);', /hangs: too much processor time/],
  'sleeps forever': ['setInterval(() => {}, 1000);', /hangs: asleep/, { wallSeconds: 4 }],
  'works forever in a worker': [
    `new (require('node:worker_threads').Worker)('for (;;);', { eval: true });`,
    /hangs: too much processor time/,
  ],
  'takes memory': ['const held = []; for (;;) held.push(Buffer.alloc(2 ** 22, 1));', /grows/],
  'takes memory and gives it back': ['Buffer.alloc(2 ** 28, 1); setTimeout(() => {}, 20_000);', /grows/],
  aborts: ['process.abort();', /crashes: SIGABRT/],
  'throws what nobody catches': ['null.x;', /ends with exit code 1/],
  'prints a stack': ['console.error(new Error("x").stack);', /prints a raw error/],
  'fails without a word': ['process.exitCode = 4;', /fails without an error of its own/],
  'prints an escape sequence': ['console.log("\\u001b]0;title\\u0007");', /prints a raw control, U\+001b/],
  'turns the direction of writing': ['console.log("\\u202e");', /prints a raw control, U\+202e/],
  'says too much': ['console.log("x".repeat(2 ** 18));', /prints \d+ bytes$/],
  'says too much of an error': ['console.error("x".repeat(2 ** 15));', /bytes of errors/],
  'prints the token': ['console.log(process.env.HF_TOKEN);', /prints the token/],
  'keeps the token': ['fs.writeFileSync("notes.txt", process.env.HF_TOKEN);', /writes the token into/],
  'writes into the home folder': [
    'fs.writeFileSync(process.env.HOME + "/.x", "");',
    /changes .*\.x, outside/,
  ],
  'writes beside its folder': ['fs.writeFileSync("../x", "");', /changes .*x, outside/],
  'changes a file outside': [
    'fs.appendFileSync("../outside/victim.txt", "x");',
    /changes .*victim\.txt, outside/,
  ],
  'deletes a file outside': ['fs.rmSync("../outside/folder/step-1.txt");', /changes .*step-1\.txt, outside/],
  'runs planted code': ['fs.writeFileSync("../outside/ran-x", "");', /runs planted code/],
  'leaves a temporary file': ['fs.writeFileSync(os.tmpdir() + "/x", "");', /leaves x/],
  'takes what it has to refuse': ['', /takes what it has to refuse/],
};

/** An honest program has no faults. */
const honest = ['console.log("\\u001b[31mred\\u001b[39m"); fs.writeFileSync("out.txt", "x");', undefined];

export async function selfTest() {
  const cases = [...Object.entries(misbehaving), ['behaves', honest]];
  const results = [];
  const queue = cases.values();
  const worker = async () => {
    for (const [title, [source, expected, less]] of queue) {
      const places = makePlaces();
      const program = join(places.work, 'program.cjs');
      writeFileSync(program, `const fs = require('node:fs'), os = require('node:os');\n${source}\n`);
      const { faults } = await watch(places, [], {
        program,
        limits: { ...limits, ...less },
        refused: title.includes('has to refuse'),
      });
      places.remove();
      const found = expected ? faults.some((fault) => expected.test(fault)) : faults.length === 0;
      results.push({ title, faults: found ? [] : [`not noticed; found: ${faults.join('; ') || 'nothing'}`] });
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}
