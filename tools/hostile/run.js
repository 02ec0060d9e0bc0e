/**
 * Runs every command on hostile files:
 *
 *     npm run build && node tools/hostile/run.js [--all] [--alone] [--only TEXT] [--list] [--jobs 2] [--verbose]
 *
 * `corpus/` writes the files, a family in each of its modules; `commands.js` says what is run on them; `watch.js` says what
 * a command did wrong. Each case has folders of its own. Without `--all`, a case is tried with one of its family's commands,
 * in turn; with it, with every one. First the watcher itself is tried on commands that
 * misbehave (`self-test.js`), and each command on honest files, which is what the others are measured by. Commands run in
 * processes that live on; what is found there counts if the command, alone in a process of its own, does it again, and is
 * printed as a note if not. With `--alone` each has its own from the beginning.
 *
 * A case that is known to fail has its reason in `known.js`; it is counted as such, and fails here once it passes.
 * Prints a line for each, and at last `N passed, N failed, N known`.
 */
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { commands, typed } from './commands.js';
import { honestAnswer } from './corpus/hub.js';
import { families } from './corpus/index.js';
import { makeHonest } from './honest.js';
import { known } from './known.js';
import { makePlaces } from './places.js';
import { selfTest } from './self-test.js';
import { serve } from './server.js';
import { Shared } from './shared.js';
import { watch } from './watch.js';

const { values: flags } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    alone: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [''] },
    jobs: { type: 'string', default: '2' },
  },
});

/** The commands that a case is tried with. */
function chosen({ commands: names }, index) {
  return flags.all ? names : [names[index % names.length]];
}

function listTries() {
  const tries = [];
  for (const { family, commands: usual, cases } of families) {
    cases.forEach((hostile, index) => {
      for (const command of chosen({ commands: hostile.commands ?? usual }, index)) {
        tries.push({ title: `${family}: ${hostile.name}: ${command}`, command, ...hostile });
      }
    });
  }
  return tries.filter(({ title }) => flags.only.some((text) => title.includes(text)));
}

/** Works through a list, so many at a time. */
async function each(list, work) {
  const queue = list.entries();
  const worker = async () => {
    const shared = new Shared();
    const run = flags.alone ? undefined : (...given) => shared.run(...given);
    for (const [, item] of queue) await work(item, run);
    shared.close();
  };
  await Promise.all(Array.from({ length: Number(flags.jobs) }, worker));
}

const counts = { passed: 0, failed: 0, known: 0 };

function tell(title, { faults, ...result }, notes = []) {
  const reason = known[title];
  const outcome = Boolean(reason) === faults.length > 0 ? (reason ? 'known' : 'passed') : 'failed';
  counts[outcome]++;
  const { cpuSeconds, bytes = 0, code, signal } = result;
  const took = cpuSeconds === undefined ? '' : ` (${cpuSeconds.toFixed(1)} s, ${Math.round(bytes / 2 ** 20)} MiB, exit ${code ?? signal})`; // prettier-ignore
  const lines = [`${outcome.padEnd(6)} ${title}${took}`];
  if (outcome === 'known') lines.push(reason);
  if (outcome === 'failed' && reason) lines.push('it passes: take it out of known.js');
  lines.push(...faults, ...notes.map((note) => `in a shared process only: ${note}`));
  if (cpuSeconds !== undefined && (flags.verbose || (outcome === 'failed' && !reason))) {
    const said = JSON.stringify(result.stdout.slice(-400) + result.stderr.slice(0, 800));
    lines.push(
      ...said
        .slice(1, -1)
        .split('\\n')
        .map((line) => `| ${line.slice(0, 300)}`),
    );
  }
  console.log(lines.join('\n         '));
}

/** Runs a command on files of its own. */
async function attempt(honest, { command, ...hostile }, options) {
  const places = makePlaces(honest);
  let server;
  try {
    if (hostile.answer) server = await serve(hostile.answer);
    const written = hostile.write?.(places) ?? {};
    const result = await watch(places, [...commands[command], ...(written.args ?? [])], {
      ...options,
      stdin: typed[command],
      refused: hostile.refused,
      speaks: /^(generate|chat)/.test(command) && !command.includes('JSON'),
      cache: server !== undefined,
      env: server ? { HF_ENDPOINT: server.endpoint, HF_HUB_OFFLINE: '' } : {},
      limits: hostile.limits,
    });
    result.faults.push(...(server?.faults() ?? []));
    return result;
  } finally {
    await server?.close();
    places.remove();
  }
}

async function tryOn(honest, one, { baselines, run }) {
  const { shared, alone } = baselines.get(one.command);
  if (!run) return tell(one.title, await attempt(honest, one, { baseline: alone }));
  const first = await attempt(honest, one, { baseline: shared, run });
  if (first.faults.length === 0) return tell(one.title, first);
  const second = await attempt(honest, one, { baseline: alone });
  const notes = second.faults.length === 0 ? first.faults : [];
  return tell(one.title, second, notes);
}

if (flags.list) {
  for (const { title } of listTries()) console.log(title);
} else {
  for (const { title, faults } of await selfTest()) {
    if (flags.only.some((text) => `watcher: ${title}`.includes(text)) || faults.length > 0)
      tell(`watcher: ${title}`, { faults });
  }
  const honest = await makeHonest();
  try {
    const tries = listTries();
    const baselines = new Map();
    await each([...new Set(tries.map(({ command }) => command))], async (command, run) => {
      const one = {
        command,
        answer: commands[command].includes('org/model') ? honestAnswer(honest) : undefined,
      };
      const alone = await attempt(honest, one, {});
      // The first is slower: it loads what the command needs.
      if (run) await attempt(honest, one, { run });
      const shared = run && (await attempt(honest, one, { run }));
      if (alone.code !== 0) alone.faults.push('fails on honest files');
      tell(`honest: ${command}`, alone);
      baselines.set(command, { alone, shared });
    });
    await each(tries, (one, run) => tryOn(honest, one, { baselines, run }));
  } finally {
    rmSync(honest, { recursive: true, force: true });
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.known} known`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
}
