import { fault, ok, type Check } from '../../facts/finding.js';

const WASM_SETS = ['relaxed', 'simd128'];

/** The instruction set that `--isa` pins. */
export const instructionSet: Check = ({ choice, native, wasm, platform, arch }) => {
  const { isa } = choice;
  if (isa === undefined) return [];
  const isWasm = WASM_SETS.includes(isa);
  const own = wasm?.relaxedSimd ? WASM_SETS : wasm?.simd ? ['simd128'] : [];
  const here = isWasm ? own : (native?.isas ?? []);
  const backend = isWasm ? 'wasm' : 'cpu';
  if (here.includes(isa)) return [ok('isa', `--isa ${isa} is there`)];
  const others = here.length > 0 ? `there is ${here.join(', ')}` : `there is none for ${platform} ${arch}`;
  return [
    fault(
      'isa',
      `--isa ${isa} is not there: on backend ${backend}, ${others}`,
      here.length > 0
        ? `Leave --isa out, or pin --isa ${here.at(-1)}, which more machines have.`
        : 'Leave --isa out, and let --backend auto choose.',
    ),
  ];
};
