import { GraphBuilder } from '../builder/index.js';
import { interpret } from '../interpreter/index.js';
import { labelOf, type OpNode, type Program } from '../program/index.js';
import { NdArray } from '../tensor/index.js';
import { hostTensor, type HostTensors } from '../tensor/index.js';
import { array } from '../testing/run.js';
import { splitFaults, splitHost, withHostValues, type HostSplit } from './split-host.js';

const spec = { shape: [8], dtype: 'f32' } as const;
const isRandom = ({ op }: OpNode) => op === 'bernoulli';

/** y = select(mask, w, 0), the seed computed from a feed. */
function program(
  seedOf = (g: GraphBuilder) => g.add(g.feed('seed', { shape: [], dtype: 'i32' }), 7),
): Program {
  const g = new GraphBuilder('program');
  const mask = g.bernoulli(seedOf(g), [8], 0.5, 3);
  g.output('y', g.select(mask, g.state('w', spec), 0));
  return g.build();
}

test('the host draws the masks, and the device is fed them', () => {
  const split = splitHost(program(), isRandom);
  expect(split.host!.nodes.map(labelOf)).toEqual(['feed', 'constant', 'add', 'bernoulli']);
  // The seed and what is made of it are of no use to the device.
  expect(split.device.nodes.map(labelOf)).not.toContain('add');
  expect(splitFaults(program(), split)).toEqual([]);
  expect(JSON.parse(JSON.stringify(split))).toEqual(split);
});

test('both parts together compute what the program does', () => {
  const { host, device } = splitHost(program(), isRandom);
  const state = { w: array([8], [1, 2, 3, 4, 5, 6, 7, 8]) };
  const feeds: HostTensors = { seed: hostTensor('i32', [], [5]) };
  const arrays = (tensors: HostTensors) =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, { shape, dtype, data }]) => [
        name,
        new NdArray(shape, dtype, data),
      ]),
    );
  const whole = interpret(program(), { state, feeds: arrays(feeds) });
  expect(interpret(device, { state, feeds: arrays(withHostValues(host, feeds)) })).toEqual(whole);
});

test.each<[string, (g: GraphBuilder) => ReturnType<GraphBuilder['feed']>]>([
  ['depends on the state', (g) => g.state('count', { shape: [], dtype: 'i32' })],
  ['is the same in every run', (g) => g.constant(3, [], 'i32')],
])('what %s stays where it is', (_name, seedOf) => {
  const whole = program(seedOf);
  expect(splitHost(whole, isRandom)).toEqual({ device: whole });
});

test('a feed of the program is not taken for one of the host', () => {
  const whole = program((g) => g.cast(g.feed('host.2', { shape: [], dtype: 'f32' }), 'i32'));
  const split = splitHost(whole, isRandom);
  expect(splitFaults(whole, split)).toEqual([]);
  expect(Object.keys(split.host!.outputs)[0]).toMatch(/^_host\./);
});

test('without anything for the host the feeds are those of the run', () => {
  const feeds = { seed: hostTensor('i32', [], [5]) };
  expect(withHostValues(undefined, feeds)).toBe(feeds);
});

test.each<[string, (split: Required<HostSplit>) => HostSplit, RegExp]>([
  [
    'a mask that nobody computes',
    ({ device, host }) => ({ device, host: { ...host, outputs: {} } }),
    /nobody computes "host/,
  ],
  [
    'a mask that is not taken',
    ({ device, host }) => ({ device: { ...device, feeds: {} }, host }),
    /does not take "host/,
  ],
  [
    'a host that takes other feeds',
    ({ device, host }) => ({ device, host: { ...host, feeds: { x: spec } } }),
    /takes "x"/,
  ],
  [
    'a host without its nodes',
    ({ device, host }) => ({ device, host: { ...host, nodes: [] } }),
    /host: output .* nothing computes/,
  ],
  [
    'a host that reads the state',
    ({ device, host }) => ({
      device,
      host: { ...host, nodes: [{ kind: 'state', name: 'w', inputs: [], outputs: [90] }, ...host.nodes] },
    }),
    /depends on the state/,
  ],
])('the checker sees %s', (_name, change, fault) => {
  const split = splitHost(program(), isRandom) as Required<HostSplit>;
  expect(splitFaults(program(), change(split))).toContainEqual(expect.stringMatching(fault));
});
