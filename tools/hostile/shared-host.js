/** A process that runs one command after the other for `shared.js`, so that attune is loaded once. */
import { Readable, Writable } from 'node:stream';
import { processWorld } from '../../apps/cli/dist/environment/context.js';
import { main } from '../../apps/cli/dist/main.js';
import { importFor } from '../../apps/cli/dist/environment/importer.js';
import { forgetMost, memoryOf } from './usage.js';

/** Keeps the beginning of what is said. */
function sink() {
  const kept = { text: '', bytes: 0 };
  const output = new Writable({
    write(chunk, _encoding, done) {
      kept.bytes += chunk.length;
      if (kept.text.length < 2 ** 22) kept.text += chunk.toString();
      done();
    },
  });
  return { output, kept };
}

const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));
const idle = process.getActiveResourcesInfo().length;

/** A process that ends waits for timers, connections and workers: they have to be gone soon. */
async function isIdle() {
  for (let waited = 0; waited < 3000; waited += 50) {
    if (process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length <= idle) return true;
    await new Promise((done) => setTimeout(done, 50));
  }
  return false;
}

process.on('message', async ({ args, cwd, env, stdin }) => {
  process.chdir(cwd);
  for (const key of Object.keys(process.env)) delete process.env[key];
  Object.assign(process.env, env);
  globalThis.gc();
  forgetMost();
  const before = memoryOf(process.pid).now;
  const cpu = process.cpuUsage();
  process.send({ before });
  const [stdout, stderr] = [sink(), sink()];
  const code = await main(args, {
    ...processWorld(importFor(cwd)),
    stdin: Readable.from(stdin ? [Buffer.from(stdin)] : []),
    stdout: stdout.output,
    stderr: stderr.output,
    env: process.env,
    onInterrupt: () => () => undefined,
    exit: (status) => process.exit(status),
  });
  const { user, system } = process.cpuUsage(cpu);
  const faults = [];
  if (!(await isIdle())) faults.push(`leaves work behind: ${process.getActiveResourcesInfo().join(', ')}`);
  for (const reason of unhandled.splice(0)) faults.push(`leaves a rejection behind: ${reason}`);
  if (Object.keys(Object.prototype).length > 0 || {}.polluted !== undefined) {
    faults.push('changes the prototype of all objects');
    for (const key of Object.keys(Object.prototype)) delete Object.prototype[key];
  }
  process.send({
    done: {
      code,
      faults,
      cpuSeconds: (user + system) / 1e6,
      bytes: Math.max(0, memoryOf(process.pid).most - before),
      stdout: stdout.kept.text,
      stderr: stderr.kept.text,
      said: stdout.kept.bytes + stderr.kept.bytes,
    },
  });
});
process.send('ready');
