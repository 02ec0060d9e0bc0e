/** The sanitized engine, and programs on it. */
import { allocateHostData, bytesOf, decompose, sizeOf } from '@attune/core';
import { compileTape } from '../../packages/engine/dist/compile/compile.js';
import { loadAddon } from '../../packages/engine/dist/node/addon.js';
import { openAddon } from '../../packages/engine/dist/node/native.js';
import { opsWithoutRule, rules } from '../../packages/engine/dist/rules/index.js';

const found = loadAddon(process.env.ATTUNE_SANITIZED_ADDON);
if (found.fault) throw new Error(found.fault);
export const { isas } = found.addon;

const hosts = new Map();

/** The host of an instruction set with so many threads. */
export function hostOf(isa, threads) {
  const key = `${isa} ${threads}`;
  if (!hosts.has(key)) hosts.set(key, openAddon(found, { isa, threads, profile: true }));
  return hosts.get(key);
}

/** How often each kernel was called so far. */
export async function callsOfKernels() {
  const calls = new Map(hostOf(isas[0], 1).kernels.map(({ name }) => [name, 0]));
  for (const host of hosts.values()) {
    for (const time of await host.profile()) calls.set(time.name, calls.get(time.name) + time.calls);
  }
  return calls;
}

const native = new Set([...opsWithoutRule, ...rules.keys()]);

/**
 * Runs a program: its outputs, and the state afterwards.
 *
 * @param apart gives every value memory of its own.
 */
export async function runOn(host, original, feeds, state, apart) {
  const program = decompose(original, ({ op }) => !native.has(op));
  const compiled = compileTape(program, rules, host.kernels, { apart });
  const slots = [compiled.arenaBytes, compiled.constantBytes].map((bytes) => host.allocate(bytes));
  for (const { offset, tensor } of compiled.constants) host.write(slots[1], offset, tensor.data);
  for (const name of compiled.state) {
    slots.push(host.allocate(bytesOf(program.state[name])));
    host.write(slots.at(-1), 0, state[name].data);
  }
  slots.push(...compiled.apartBytes.map((bytes) => host.allocate(bytes)));
  const places = [
    ...Object.entries(compiled.outputs),
    ...compiled.state.map((name, i) => [name, { slot: 2 + i, offset: 0, spec: program.state[name] }]),
  ].map(([name, place]) => [name, { ...place, bytes: bytesOf(place.spec) }]);
  const tape = await host.load(compiled.tape, slots.length);
  try {
    const read = await host.run({
      tape,
      slots,
      writes: Object.entries(compiled.feeds).map(([name, { slot, offset }]) => ({
        slot,
        offset,
        data: feeds[name].data,
      })),
      reads: places.map(([, { slot, offset, bytes }]) => ({ slot, offset, bytes })),
    });
    return Object.fromEntries(
      places.map(
        (
          [
            name,
            {
              spec: { shape, dtype },
            },
          ],
          i,
        ) => {
          const data = allocateHostData(dtype, sizeOf(shape));
          new Uint8Array(data.buffer).set(new Uint8Array(read[i], 0, data.byteLength));
          return [name, { shape, dtype, data }];
        },
      ),
    );
  } finally {
    host.unload(tape);
    slots.forEach((block) => host.free(block));
  }
}
