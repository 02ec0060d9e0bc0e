/**
 * Kills the commands that write folders at random moments, and looks at what is left:
 *
 *     npm run build && node tools/crash-test/killed-commands.js [--kills 200] [--seed 1] [--keep]
 *
 * `prepare`, with and without an earlier folder in its place, `merge`, `export` over an earlier export, and `download` are
 * run with the same flags over and over, and killed by SIGKILL: after a random time, or a moment after the n-th change in
 * the folder that they write to. After each kill there has to be what was there before, or what is new, or what is refused
 * by whoever reads it: never a half that is taken for a whole. The same command is then run again, and may be killed again;
 * when it comes to its end, everything has to be as it is after a run that nobody killed, with nothing left beside it.
 *
 * Prints one JSON object, and fails at the first fault.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import { cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '@attune/core';
import { openTokenFolder } from '@attune/data/node';
import { runAttune, startAttune, TEXT } from './attune.js';
import { serveAsHub } from './hub.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const kills = Number(values.kills);
const random = new Random(Number(values.seed));
const home = await mkdtemp(join(tmpdir(), 'attune-killed-'));
const at = (...names) => join(home, ...names);

/** The content of every file below a folder, by path; `null` if there is no such folder. */
async function contents(path) {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => null);
  if (!entries) return null;
  const files = entries.filter((entry) => !entry.isDirectory());
  const hashes = files.map(async (entry) => {
    const file = join(entry.parentPath ?? entry.path, entry.name);
    return [
      relative(path, file),
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    ];
  });
  return Object.fromEntries((await Promise.all(hashes)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** The state of a folder that is renamed into its place: all of the earlier, all of the new, or nothing. */
const wholeOrNothing = async (place, { before, after }) => {
  const found = await contents(join(place, 'out'));
  if (found === null) return 'nothing';
  if (before && isSame(found, before.out)) return 'earlier';
  assert(
    isSame(found, after.out),
    `${place} is neither what was there nor what is new: ${JSON.stringify(found)}`,
  );
  return 'new';
};

/** The state of token files: all of the earlier, all of the new, or what cannot be opened. */
const tokensOrRefused = async (place, { before, after }) => {
  const out = join(place, 'out');
  try {
    // With `bare`, as the commands do: then token files need no meta.json.
    await (await openTokenFolder(out, { bare: { dtype: 'uint16', vocabSize: 50_304 } })).close();
  } catch {
    return 'refused';
  }
  const all = await contents(out);
  const found = Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith('.')));
  if (before && isSame(found, before.out)) return 'earlier';
  assert(isSame(found, after.out), `${out} is opened, and neither what was there nor what is new`);
  return 'new';
};

/** The state of a cache: what a snapshot shows is whole. */
const wholeBlobs = async (place, { hub }) => {
  const snapshot = join(place, 'out', 'models--org--tiny', 'snapshots', hub.commit);
  const names = await readdir(snapshot).catch(() => []);
  for (const name of names.filter((one) => hub.files.has(one))) {
    assert(
      (await readFile(join(snapshot, name))).equals(hub.files.get(name)),
      `${name} is shown, and not whole`,
    );
  }
  return names.length === 0 ? 'nothing' : `shown`;
};

/** Everything in a place that a run writes into, by the name of its entry. */
async function everything(place) {
  const names = (await readdir(place)).sort();
  const found = {};
  for (const name of names) found[name] = await contents(join(place, name));
  return found;
}

/** Starts a command, and kills it at a random moment. Returns how it ended. */
async function runKilled(args, place, unbrokenMs) {
  const byChange = random.uniform() < 0.6;
  const { child, ended } = startAttune(...args);
  const kill = () => child.kill('SIGKILL');
  let timer;
  let watcher;
  if (byChange) {
    let left = 1 + random.integer(24);
    watcher = watch(place, { recursive: true }, () => {
      if (--left === 0) timer = setTimeout(kill, random.uniform() * 4);
    });
    // Node's watcher fails where a folder is gone again before it has looked into it.
    watcher.on('error', kill);
  } else {
    timer = setTimeout(kill, (0.3 + 0.75 * random.uniform()) * unbrokenMs);
  }
  const how = await ended;
  clearTimeout(timer);
  watcher?.close();
  return how;
}

let hub;
try {
  await writeFile(at('text.txt'), TEXT.repeat(20));
  await writeFile(at('other.txt'), 'another text, for an earlier folder\n'.repeat(50));
  await runAttune('prepare', at('text.txt'), '--out', at('data'));
  const model = [
    '--n-layer',
    '2',
    '--n-head',
    '2',
    '--n-embd',
    '32',
    '--batch-size',
    '2',
    '--block-size',
    '8',
  ];
  await runAttune(
    ...['pretrain', '--data', at('data'), '--out', at('run'), '--backend', 'wasm', '--max-iters', '2'],
    ...[...model, '--sample-tokens', '0', '--checkpoint-interval', '0'],
  );
  await writeFile(at('rows.jsonl'), `${JSON.stringify({ text: 'the cat' })}\n`.repeat(8));
  await runAttune(
    ...['finetune', '--model', at('run', 'final'), '--data', at('rows.jsonl'), '--out', at('lora')],
    ...['--method', 'lora', '--lora-rank', '2', '--max-iters', '2', '--batch-size', '2', '--max-length', '8'],
    ...['--backend', 'wasm', '--checkpoint-interval', '0'],
  );
  hub = await serveAsHub(at('run', 'final'));
  process.env.HF_ENDPOINT = hub.endpoint;

  const prepare = (text) => (out) => ['prepare', at(text), '--out', out];
  const exporting = (dtype) => (out) => [
    ...['export', '--model', at('run'), '--out', out, '--dtype', dtype, '--no-verify', '--overwrite'],
  ];
  const overwriting = (args) => (out) => [...args(out), '--overwrite'];
  const commands = [
    { name: 'prepare', args: prepare('text.txt'), examine: tokensOrRefused },
    {
      name: 'prepare --overwrite',
      earlier: prepare('other.txt'),
      args: overwriting(prepare('text.txt')),
      examine: tokensOrRefused,
    },
    {
      name: 'merge',
      args: (out) => ['merge', '--model', at('run', 'final'), '--adapter', at('lora'), '--out', out],
      examine: wholeOrNothing,
    },
    {
      name: 'export --overwrite',
      earlier: exporting('f16'),
      args: exporting('f32'),
      examine: wholeOrNothing,
    },
    { name: 'download', args: (out) => ['download', 'org/tiny', '--cache', out], examine: wholeBlobs },
  ];

  // As it is when nobody kills.
  for (const [i, command] of commands.entries()) {
    const place = at(`unbroken-${i}`);
    await mkdir(place);
    if (command.earlier) {
      await runAttune(...command.earlier(join(place, 'out')));
      command.before = await everything(place);
      await cp(place, at(`earlier-${i}`), { recursive: true });
    }
    command.unbrokenMs = await runAttune(...command.args(join(place, 'out')));
    command.after = await everything(place);
    command.hub = hub;
  }

  const begun = performance.now();
  const report = {};
  let killed = 0;
  for (let round = 0; killed < kills; round++) {
    const index = round % commands.length;
    const command = commands[index];
    const place = at(`killed-${round}`);
    if (command.earlier) await cp(at(`earlier-${index}`), place, { recursive: true });
    else await mkdir(place);
    const counts = (report[command.name] ??= { kills: 0, runs: 0 });
    const args = command.args(join(place, 'out'));
    for (let state = 'nothing'; ;) {
      const { code, signal, stderr } = await runKilled(args, place, command.unbrokenMs);
      if (signal !== 'SIGKILL') {
        // Killed when all was in its place, there is nothing left to do, and what is there is not replaced.
        const isDone = state === 'new' && /exists already|already holds/.test(stderr);
        assert(code === 0 || isDone, `attune ${args.join(' ')} ended with ${code}: ${stderr}`);
        break;
      }
      killed++;
      counts.kills++;
      state = await command.examine(place, command);
      counts[state] = (counts[state] ?? 0) + 1;
      if (killed % 10 === 0) console.error(`${killed} kills`);
      if (killed >= kills) {
        await startAttune(...args).ended;
        break;
      }
    }
    assert.deepEqual(
      await everything(place),
      command.after,
      `${command.name} left something else in ${place}`,
    );
    for (const name of await readdir(place))
      assert((await lstat(join(place, name))).isDirectory(), basename(name));
    counts.runs++;
    await rm(place, { recursive: true });
  }
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(JSON.stringify({ kills: killed, seconds, ...report }, null, 2));
} finally {
  hub?.close();
  if (values.keep) console.error(`Kept: ${home}`);
  else await rm(home, { recursive: true, force: true });
}
