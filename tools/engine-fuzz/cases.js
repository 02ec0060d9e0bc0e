/** The loop of the fuzz, in the process that has the sanitizers: see run.js. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  expectAgreement,
  expectAllClose,
  gradientProgram,
  normOf,
  randomTensor,
  sameBits,
  withRandomGradients,
} from '@attune/backend-testkit';
import { AttuneError, GraphBuilder, hostTensor, interpret, NdArray, sizeOf } from '@attune/core';
import { Chance } from './chance.js';
import { families } from './families.js';
import { callsOfKernels, hostOf, isas, runOn } from './hosts.js';
import { hasSpecials, sprinkled } from './specials.js';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    at: { type: 'string' },
    cases: { type: 'string' },
  },
});
const caseFile = process.env.ATTUNE_FUZZ_CASE ?? '/dev/null';
const names = Object.keys(families).filter((name) => !flags.only || name === flags.only);
if (names.length === 0)
  throw new Error(`There is no family ${flags.only}: ${Object.keys(families).join(', ')}.`);

const arraysOf = (tensors) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype, data }]) => [name, new NdArray(shape, dtype, data)]),
  );

/** A program and what it runs on, or nothing where the ops do not take such shapes. */
function programOf(family, seed) {
  const chance = new Chance(seed);
  const smooth = chance.is(0.4);
  const one = families[family](chance, smooth);
  const inputs = Object.fromEntries(
    Object.entries(one.inputs).map(([name, input], i) => [
      name,
      input.values
        ? hostTensor(input.dtype, input.shape, input.values)
        : randomTensor(seed + i, input, input.range),
    ]),
  );
  const differentiable = Object.keys(inputs).filter(
    (name) => (one.wrt ?? [name]).includes(name) && inputs[name].dtype === 'f32',
  );
  const special = !smooth && !one.plain && chance.is(0.2) ? sprinkled(chance, inputs) : inputs;
  try {
    if (smooth && differentiable.length > 0) {
      const wrt = differentiable.filter(() => chance.is(0.8));
      const program = gradientProgram(family, inputs, one.compute, wrt.length > 0 ? wrt : differentiable);
      return {
        program,
        feeds: withRandomGradients(program, inputs, seed),
        gradients: true,
        outside: one.outside,
      };
    }
    const g = new GraphBuilder(family);
    const feeds = Object.fromEntries(
      Object.entries(one.inputs).map(([name, spec]) => [name, g.feed(name, spec)]),
    );
    const results = [one.compute(g, feeds)].flat();
    results.forEach((result, i) => g.output(`result.${i}`, result));
    return { program: g.build(), feeds: special, gradients: false, outside: one.outside };
  } catch (error) {
    if (error instanceof AttuneError) return undefined;
    throw error;
  }
}

const stateOf = (program, seed) =>
  Object.fromEntries(
    Object.entries(program.state).map(([name, spec], i) => [name, randomTensor(seed + 100 + i, spec)]),
  );

/** Results, or the code of the error. */
async function resultOf(run) {
  try {
    return { results: await run() };
  } catch (error) {
    if (error instanceof AttuneError) return { code: error.code, message: error.message };
    throw error;
  }
}

/** Compares with the interpreter: by the tolerance of gradients, since a case is a chain of ops. */
function compare(family, actual, expected, { gradients, special }) {
  const { loss: _, ...values } = expected;
  const norm = gradients ? normOf(Object.values(values)) : 0;
  for (const [name, value] of Object.entries(values)) {
    if (special) expectSpecial(actual[name], value, name, exponentials.has(family));
    else if (value.dtype === 'f32') expectAgreement(actual[name], value, Math.max(norm, 1), name);
    else expectAllClose(actual[name], value, {}, name);
  }
}

/** Families whose exponentials make of NaN what the engine likes. */
const exponentials = new Set(['chains', 'softmaxes', 'crossEntropies', 'attentions', 'decoding', 'blocks']);

/** Where there are NaN and infinities, those elements agree that are finite, and the others are of the same kind. */
function expectSpecial(actual, expected, name, isFree) {
  const isFinite = Array.from(expected.data, Number.isFinite);
  const finite = ({ shape, dtype, data }) => ({
    shape,
    dtype,
    data: Float64Array.from(data, (x, i) => (isFinite[i] ? x : 0)),
  });
  const kinds = ({ shape, dtype, data }) => ({
    shape,
    dtype,
    data: Float64Array.from(data, (x) => (Number.isFinite(x) ? 0 : x)),
  });
  if (!isFree) expectAllClose(kinds(actual), kinds(expected), {}, `${name}, NaN and infinities`);
  if (expected.dtype === 'f32') expectAgreement(finite(actual), finite(expected), 1, name);
  else expectAllClose(actual, expected, {}, name);
}

/** @throws Error that says what is wrong. */
async function runCase(family, seed) {
  const built = programOf(family, seed);
  if (!built) return false;
  const { program, feeds, gradients, outside } = built;
  const special = Object.values(feeds).some(hasSpecials);
  const chance = new Chance(seed + 1);
  const isa = chance.pick(isas);
  const [first, second] = [hostOf(isa, chance.between(1, 3)), hostOf(isa, chance.between(1, 3))];
  const state = stateOf(program, seed);
  const planned = await resultOf(() => runOn(first, program, feeds, state, false));
  const again = await resultOf(() => runOn(second, program, feeds, state, false));
  const apart = await resultOf(() => runOn(second, program, feeds, state, true));
  // Not the state: it is as it was where the guard does not hold, which the interpreter leaves to the backend.
  const truth = await resultOf(() => {
    const { outputs, updates } = interpret(
      program,
      { feeds: arraysOf(feeds), state: arraysOf(state) },
      special ? 'f32' : 'f64',
    );
    const holds = program.guard === undefined || outputs[program.guard].data[0] !== 0;
    return { ...(holds ? updates : state), ...outputs };
  });
  // Not everyone notices an index outside of its table.
  if (outside && [planned, truth].some(({ code }) => code === 'TOKEN_OUT_OF_RANGE')) return true;
  for (const own of [planned, again, apart]) {
    if (own.code !== truth.code)
      throw new Error(
        `ended with ${own.code ?? 'results'} (${own.message}), not ${truth.code ?? 'results'} (${truth.message})`,
      );
  }
  if (truth.code) return true;
  // Sums are added in another order where a residual does not lie where the result does: not the same to the bit.
  for (const { results } of [planned, apart]) compare(family, results, truth.results, { gradients, special });
  for (const [name, value] of Object.entries(planned.results)) {
    if (sameBits(value, again.results[name])) continue;
    throw new Error(
      `${name} is another one on ${second.info.threads} threads instead of ${first.info.threads}`,
    );
  }
  return true;
}

const seed = Number(flags.seed);
// A number of cases takes the time that it takes.
const seconds = Number(flags.seconds ?? (flags.cases === undefined ? 60 : Infinity));
const length = seconds === Infinity ? `${flags.cases} cases` : `${seconds} s`;
console.log(`fuzz of the engine: --seed ${seed}, ${isas.join(' and ')}, ${length}`);
const end = Date.now() + seconds * 1000;
const counts = Object.fromEntries(names.map((name) => [name, 0]));
let [failed, empty] = [0, 0];
const from = flags.at === undefined ? 0 : Number(flags.at);
const to = flags.at === undefined ? Number(flags.cases ?? Infinity) : from + 1;
for (let at = from; at < to && (Date.now() < end || at === from); at++) {
  const family = names[at % names.length];
  const command = `node tools/engine-fuzz/run.js --seed ${seed} --only ${family} --at ${Math.floor(at / names.length)}`;
  // The same case with --only as among all families.
  const own =
    (seed * 1_000_003 + Math.floor(at / names.length) * 4099 + Object.keys(families).indexOf(family)) %
    2 ** 31;
  if (flags.at !== undefined) console.log(describe(family, own));
  // A fault ends the process, without a word from here: run.js reads it.
  writeFileSync(caseFile, command);
  try {
    if (await runCase(family, own)) counts[family]++;
    else empty++;
  } catch (error) {
    failed++;
    console.log(`✗ ${family}: ${error.stack ?? error}\n  ${command}`);
    if (failed >= 10) break;
  }
}
writeFileSync(caseFile, '');

function describe(family, own) {
  const built = programOf(family, own);
  if (!built) return `${family}: no such program`;
  const { program, feeds } = built;
  const specs = Object.entries(feeds).map(([name, { dtype, shape }]) => `${name} ${dtype}[${shape}]`);
  const nodes = program.nodes
    .filter(({ kind }) => kind === 'op')
    .map(({ op, outputs }) => `${op}[${program.values[outputs[0]].shape}]`);
  return `${family}: ${specs.join(', ')}: ${nodes.join(' ')}`;
}

const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
console.log(
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', '),
);
if (names.length === Object.keys(families).length && flags.at === undefined) {
  const missed = [...(await callsOfKernels())].filter(([, calls]) => calls === 0).map(([name]) => name);
  if (missed.length > 0) {
    failed++;
    console.log(
      `✗ no program called ${missed.join(', ')}: families.js has none for it, or there was not enough time`,
    );
  }
}
console.log(`${total} passed, ${failed} failed, ${empty} of shapes that their ops do not take`);
process.exit(failed > 0 ? 1 : 0);
