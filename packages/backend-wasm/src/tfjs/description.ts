import { hasSimd } from './simd.js';

/** Version of `@tensorflow/tfjs-backend-wasm`, to which package.json pins it. */
export const TFJS_VERSION = '4.22.0';

/** Returns what the engine runs on, for people. */
export const tfjsDescription = (): string =>
  `tfjs ${TFJS_VERSION}, WebAssembly${hasSimd() ? ' SIMD' : ', without SIMD: slow'}`;
