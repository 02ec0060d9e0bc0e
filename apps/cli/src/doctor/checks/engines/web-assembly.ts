import { ok, warning, type Check } from '../../facts/finding.js';

export const webAssembly: Check = ({ wasm }) => {
  if (!wasm) return [];
  if (!wasm.simd) {
    return [
      warning(
        'wasm-simd',
        'WebAssembly has no SIMD here, or is off',
        'Run Node without --jitless, on a processor with SSE 4.1; until then, --backend wasm --engine tfjs works, slowly.',
      ),
    ];
  }
  const relaxed = wasm.relaxedSimd
    ? [ok('wasm-relaxed-simd', 'WebAssembly with relaxed SIMD')]
    : [
        warning(
          'wasm-relaxed-simd',
          'WebAssembly has no relaxed SIMD here: a step takes about a sixth longer',
          'Use Node 22 or later, or Node 20 with --experimental-wasm-relaxed-simd allowed, which attune switches on by itself.',
        ),
      ];
  const threads = wasm.sharedMemory
    ? []
    : [
        warning(
          'wasm-threads',
          'WebAssembly runs on one thread: there is no memory that threads share (SharedArrayBuffer)',
          'Run Node without --no-harmony-sharedarraybuffer. A page needs the headers COOP and COEP: see the guide on browsers.',
        ),
      ];
  return [...relaxed, ...threads];
};
