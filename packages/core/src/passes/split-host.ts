import { interpret } from '../interpreter/index.js';
import {
  opNodes,
  resultsOf,
  type InputNode,
  type OpNode,
  type Program,
  type ValueId,
} from '../program/program.js';
import { NdArray } from '../tensor/index.js';
import { hostTensor, sameSpec, type HostData, type HostTensors } from '../tensor/index.js';
import { ancestorsOf } from './ancestors.js';
import { programFaults } from './verify.js';

/** A program in two parts: what the host computes before a run, and what is left for the device. */
export interface HostSplit {
  /** Takes what the host has computed as feeds. */
  readonly device: Program;
  /** A program of feeds alone, whose outputs are feeds of {@link HostSplit.device}. `undefined` if there is nothing to compute. */
  readonly host?: Program;
}

/** True if the host can compute a value before a run: it depends on feeds, and on nothing of the state. */
function dependsOnFeedsAlone(program: Program, node: OpNode): boolean {
  const kinds = new Set(ancestorsOf(program, node.outputs).map(({ kind }) => kind));
  return kinds.has('feed') && !kinds.has('state');
}

/** A name for the feeds that the host computes, which no other feed begins with. */
function prefixFor({ feeds }: Program): string {
  let prefix = 'host.';
  while (Object.keys(feeds).some((name) => name.startsWith(prefix))) prefix = `_${prefix}`;
  return prefix;
}

/**
 * Splits off what a device cannot or need not compute: random masks, on devices without 32-bit integers. A node that depends
 * on the state stays, and so does one that is the same in every run.
 *
 * @param isForHost chooses the nodes.
 */
export function splitHost(program: Program, isForHost: (node: OpNode) => boolean): HostSplit {
  const chosen = opNodes(program).filter((node) => isForHost(node) && dependsOnFeedsAlone(program, node));
  if (chosen.length === 0) return { device: program };
  const prefix = prefixFor(program);
  const names = new Map(
    chosen.flatMap(({ outputs }) => outputs).map((id) => [id, `${prefix}${id}`] as const),
  );
  const own = new Set<ValueId>(names.keys());

  const hostNodes = ancestorsOf(program, own);
  const fed = new Set(hostNodes.flatMap((node) => (node.kind === 'feed' ? [node.name] : [])));
  const host: Program = {
    name: `${program.name}.host`,
    nodes: hostNodes,
    values: program.values,
    feeds: Object.fromEntries(Object.entries(program.feeds).filter(([name]) => fed.has(name))),
    state: {},
    updates: {},
    outputs: Object.fromEntries([...names].map(([id, name]) => [name, id])),
  };
  const replaced = new Set<unknown>(chosen);
  const feedNode = (id: ValueId): InputNode => ({
    kind: 'feed',
    name: names.get(id)!,
    inputs: [],
    outputs: [id],
  });
  const device: Program = {
    ...program,
    nodes: program.nodes.flatMap((node) => (replaced.has(node) ? node.outputs.map(feedNode) : [node])),
    feeds: {
      ...program.feeds,
      ...Object.fromEntries([...names].map(([id, name]) => [name, program.values[id]!])),
    },
  };
  // What was there for the host's sake alone is left out.
  return { device: { ...device, nodes: ancestorsOf(device, resultsOf(device)) }, host };
}

/** Every fault of a split: parts that are malformed, or that do not fit together. An empty list means that it is right. */
export function splitFaults(program: Program, { device, host }: HostSplit): string[] {
  const faults = programFaults(device).map((fault) => `device: ${fault}`);
  if (!host) return faults;
  for (const fault of programFaults(host)) faults.push(`host: ${fault}`);
  if (host.nodes.some(({ kind }) => kind === 'state')) faults.push('host: depends on the state.');
  for (const [name, spec] of Object.entries(host.feeds)) {
    const given = program.feeds[name];
    if (!given || !sameSpec(given, spec)) faults.push(`host: takes "${name}", which the program is not fed.`);
  }
  for (const [name, id] of Object.entries(host.outputs)) {
    const taken = device.feeds[name];
    if (!taken || !sameSpec(taken, host.values[id]!)) faults.push(`device: does not take "${name}".`);
  }
  for (const name of Object.keys(device.feeds)) {
    if (!program.feeds[name] && host.outputs[name] === undefined)
      faults.push(`device: nobody computes "${name}".`);
  }
  return faults;
}

/**
 * The feeds of a device's program: those of the run, and what the host computes from them, by the ops' definitions.
 *
 * @param host of {@link splitHost}.
 */
export function withHostValues(host: Program | undefined, feeds: HostTensors): HostTensors {
  if (!host) return feeds;
  const arrays = Object.keys(host.feeds).map((name) => {
    const { shape, dtype, data } = feeds[name]!;
    return [name, new NdArray(shape, dtype, data)] as const;
  });
  const { outputs } = interpret(host, { feeds: Object.fromEntries(arrays) });
  const computed = Object.entries(outputs).map(
    ([name, { dtype, shape, data }]) => [name, hostTensor(dtype, shape, data as HostData)] as const,
  );
  return { ...feeds, ...Object.fromEntries(computed) };
}
