import type { WasmPaths } from '@attune/engine';

/**
 * The default addresses of the `.wasm` files. Bundlers follow an address of this form, if it is one literal
 * that stands beside `import.meta.url`: first relative to this module, where the published package has a copy of the
 * files (`npm pack` makes it), and then, as in this repository, in `@tensorflow/tfjs-backend-wasm` itself. A browser
 * that loads the published modules as they are finds the copy, and so does a development server that moves modules.
 */
export const wasmFiles = (): Exclude<WasmPaths, string> => ({
  'tfjs-backend-wasm.wasm': new URL(
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm',
    import.meta.url,
  ).href,
  'tfjs-backend-wasm-simd.wasm': new URL(
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
    import.meta.url,
  ).href,
  'tfjs-backend-wasm-threaded-simd.wasm': new URL(
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm',
    import.meta.url,
  ).href,
});

/** How a file that is WebAssembly begins. */
const MAGIC = [0, 0x61, 0x73, 0x6d];

/** The fault of a `.wasm` file at an address; `undefined` where it can be read and begins as it should. */
export async function faultOf(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url);
    if (!response.ok) return `GET ${url} answers ${response.status}`;
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (MAGIC.every((byte, i) => bytes[i] === byte)) return undefined;
    const type = response.headers.get('content-type') ?? 'no type';
    return `GET ${url} answers with what is no WebAssembly (${type})`;
  } catch (error) {
    return `GET ${url} fails: ${(error as Error).message}`;
  }
}
