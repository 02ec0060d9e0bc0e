/**
 * attune in WebAssembly beside onnxruntime-web, tfjs (through attune's own `engine: 'tfjs'`) and jax-js: the same works on the same
 * numbers, from an array of JavaScript to another, each engine in a process of its own, and in turn, round by round. Prints one
 * JSON object, and a table in Markdown to stderr. Results are compared.
 *
 *     npm install --prefix /tmp/peers --ignore-scripts @jax-js/jax@0.1.25
 *     node tools/bench/dist/peers/wasm-peers.js --threads 1 --peers /tmp/peers
 *
 * jax-js is no dependency of the repository. It has threads in pages alone: here, Web Workers are those of Node. tfjs has none in Node.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../median.js';
import { differenceOf } from './engines.js';
import type { Answer, Call } from './measure.js';
import { works } from './works.js';

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '1' },
    peers: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    /** Milliseconds of one engine's turn. */
    budget: { type: 'string', default: '150' },
    /** Those whose names contain it. */
    only: { type: 'string', default: '' },
    engines: { type: 'string', default: 'attune,onnxruntime-web,tfjs,jax-js' },
  },
});
const threads = Number(values.threads);

interface Opened {
  readonly name: string;
  readonly version: string;
  readonly process: ChildProcess;
}

const faults: Record<string, string> = {};

async function answerOf(child: ChildProcess): Promise<Answer> {
  const ended = once(child, 'exit').then(([code]): Answer => ({ fault: `it ended with ${code}` }));
  return Promise.race([once(child, 'message').then(([message]) => message as Answer), ended]);
}

async function open(name: string): Promise<Opened[]> {
  const options = JSON.stringify({ threads, peers: values.peers });
  const child = fork(fileURLToPath(new URL('./measure.js', import.meta.url)), [name, options], {
    serialization: 'advanced',
  });
  const answer = await answerOf(child);
  if ('version' in answer) return [{ name, version: answer.version, process: child }];
  faults[name] = 'fault' in answer ? answer.fault : 'no answer';
  child.kill();
  return [];
}

/** Milliseconds of a work: the median over the rounds of each round's median, and the fastest run of all. */
interface Time {
  readonly median: number;
  readonly min: number;
  /** From the first engine's result, of the largest number in it. */
  readonly difference?: number;
}

async function measure(engines: readonly Opened[], work: string): Promise<Record<string, Time>> {
  const times = new Map<string, number[][]>();
  const results = new Map<string, Float32Array>();
  for (let round = 0; round < Number(values.rounds); round++) {
    const order = round % 2 === 0 ? engines : [...engines].reverse();
    for (const { name, process: child } of order) {
      if (faults[`${name}: ${work}`] !== undefined) continue;
      child.send({ work, budget: Number(values.budget) } satisfies Call);
      const answer = await answerOf(child);
      if (!('milliseconds' in answer)) {
        faults[`${name}: ${work}`] = 'fault' in answer ? answer.fault : 'no answer';
        continue;
      }
      times.set(name, [...(times.get(name) ?? []), [...answer.milliseconds]]);
      if (answer.result) results.set(name, Float32Array.from(answer.result));
    }
  }
  const first = results.get(engines[0]!.name)!;
  return Object.fromEntries(
    [...times].map(([name, rounds]) => [
      name,
      {
        median: median(rounds.map(median)),
        min: Math.min(...rounds.flat()),
        difference: differenceOf(results.get(name)!, first),
      },
    ]),
  );
}

const opened: Opened[] = [];
for (const name of values.engines.split(',')) opened.push(...(await open(name)));
const table: Record<string, Record<string, Time>> = {};
for (const work of Object.keys(works).filter((name) => name.includes(values.only))) {
  table[work] = await measure(opened, work);
  const others = opened.slice(1).map(({ name }) => {
    const [time, ours] = [table[work]![name], table[work]![opened[0]!.name]!];
    return time ? `${time.median.toPrecision(3)} (${(time.median / ours.median).toFixed(2)} ×)` : 'no';
  });
  if (Object.keys(table).length === 1) {
    console.error(`| ms, threads: ${threads} | ${opened.map(({ name }) => name).join(' | ')} |`);
    console.error(`| --- |${' --- |'.repeat(opened.length)}`);
  }
  console.error(
    `| ${work} | ${[table[work]![opened[0]!.name]!.median.toPrecision(3), ...others].join(' | ')} |`,
  );
}
for (const { process: child } of opened) child.kill();
console.log(
  JSON.stringify(
    {
      processor: cpus()[0]?.model,
      node: process.version,
      threads,
      engines: Object.fromEntries(opened.map(({ name, version }) => [name, version])),
      /** Engines and works that could not be measured, and why. */
      faults,
      milliseconds: table,
    },
    null,
    2,
  ),
);
