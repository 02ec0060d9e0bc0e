/**
 * Runs two ranks on what are two hosts to them, network namespaces of this machine that one link joins, and cuts the link:
 *
 *     npm run build && sudo node tools/distributed/namespaces.js [--keep]
 *
 * 1. An all-reduce over the link has the sum that its definition says, to the bit.
 * 2. A training over the link has the losses of the same training on one host, to the bit.
 * 3. So it has with 5 ms of delay on each side, where the kernel can delay packets.
 * 4. Where the link is cut while it trains, every rank ends within 60 s, with an exit code other than 0 and the name of the
 *    lost rank; the last checkpoint is whole.
 *
 * Takes root, `ip`, `tc` and Open MPI. Nothing of the machine's own network is touched.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { readCheckpoint } from '@attune/formats/node';
import { readLog, runAttune, TEXT } from '../crash-test/attune.js';
import { TwoHosts } from './two-hosts.js';

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
assert.equal(process.getuid?.(), 0, 'Network namespaces take root.');

/** Seconds in which ranks have to notice that the link is cut. */
const LIMIT = 60;

const node = process.execPath;
const attune = fileURLToPath(new URL('../../apps/cli/bin/attune.js', import.meta.url));
const allReduce = fileURLToPath(new URL('./all-reduce.js', import.meta.url));
const home = await mkdtemp(join(tmpdir(), 'attune-hosts-'));
const data = join(home, 'data');

const training = (out, steps) => [
  ...[attune, 'pretrain', '--data', data, '--out', join(home, out), '--max-iters', `${steps}`],
  ...[
    '--backend',
    'cpu',
    '--threads',
    '1',
    '--batch-size',
    '2',
    '--block-size',
    '16',
    '--n-layer',
    '1',
    '--n-head',
    '2',
  ],
  ...['--n-embd', '16', '--gradient-accumulation-steps', '2', '--eval-interval', '10', '--eval-iters', '2'],
  ...['--checkpoint-interval', '10', '--sample-tokens', '4'],
];

const losses = async (out) =>
  (await readLog(join(home, out))).map(({ step, loss, valLoss }) => ({ step, loss, valLoss }));

const steps = 30;

function say(name, outcome) {
  console.log(`${name}: ${outcome}`);
}

async function run(hosts, ...command) {
  const task = hosts.start(node, ...command);
  const code = await task.ended;
  assert.equal(code, 0, `mpirun ended with ${code}: ${task.output()}`);
  return task.output();
}

/** Trains, cuts the link, and returns what became of the ranks. */
async function cut(hosts) {
  const task = hosts.start(node, ...training('cut', 1_000_000));
  for (let waited = 0; (await losses('cut')).length < 25; waited++) {
    assert(waited < 600, `no step within a minute: ${task.output()}`);
    await sleep(100);
  }
  hosts.disconnect();
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  while (hosts.ranks().length > 0 && seconds() < LIMIT) await sleep(100);
  const took = seconds();
  assert.equal(hosts.ranks().length, 0, `ranks still run after ${LIMIT} s: ${task.output()}`);
  const launcher = await Promise.race([task.ended, sleep(5000, 'still waiting for the other host')]);
  hosts.clear();
  hosts.connect();
  return { took, launcher, codes: task.codes(), output: task.output() };
}

const hosts = new TwoHosts(home);
let failed = true;
try {
  const text = join(home, 'text.txt');
  await writeFile(text, TEXT);
  await runAttune('prepare', text, '--out', data);

  const output = await run(hosts, allReduce);
  assert.equal(output.match(/^rank \d: .* 2 ranks on 2 hosts: right$/gm)?.length, 2, output);
  say('all-reduce', 'right to the bit on 2 ranks on 2 hosts');

  await promisify(execFile)('mpirun.openmpi', [
    ...['--allow-run-as-root', '--oversubscribe', '-n', '2', node, ...training('one-host', steps)],
  ]);
  const expected = await losses('one-host');
  assert.equal(expected.filter(({ loss }) => loss !== undefined).length, steps);
  await run(hosts, ...training('two-hosts', steps));
  assert.deepEqual(await losses('two-hosts'), expected);
  say('training', `${steps} steps, losses of one host to the bit`);

  const noNetem = hosts.delay(5);
  if (noNetem) {
    say('training with 5 ms of delay', `skipped, the kernel has no netem (${noNetem})`);
  } else {
    await run(hosts, ...training('slow-link', steps));
    assert.deepEqual(await losses('slow-link'), expected);
    hosts.noDelay();
    say('training with 5 ms of delay', `${steps} steps, losses of one host to the bit`);
  }

  const { took, launcher, codes, output: said } = await cut(hosts);
  const lost = said.split('\n').filter((line) => /rank [01] on attune-[ab]/i.test(line));
  assert(lost.length > 0, `no rank is named: ${said}`);
  for (const code of codes) assert.notEqual(code, 0);
  const checkpoints = await readdir(join(home, 'cut', 'checkpoints'));
  const last = checkpoints.sort((a, b) => Number(a.slice(5)) - Number(b.slice(5))).at(-1);
  await readCheckpoint(join(home, 'cut', 'checkpoints', last));
  say(
    'link cut',
    `all ranks ended after ${took.toFixed(1)} s, exit codes ${codes.map((code) => code ?? 'ended by a signal').join(' and ')}; mpirun: ${launcher}`,
  );
  for (const line of lost) console.log(`  ${line}`);
  say('checkpoint', `${last} is whole`);
  failed = false;
} finally {
  hosts.dispose();
  if (values.keep || failed) console.log(`kept: ${home}`);
  else await rm(home, { recursive: true });
}
