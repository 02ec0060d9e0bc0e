/** Bytes that WebAssembly can have at most. A GPU has memory of its own, of which only its driver knows. */
const MEMORY: Readonly<Record<string, number>> = { wasm: 2 ** 32 };
const MAX_DEVICE_BYTES = 2 ** 40;

/** Bytes that a backend can have at most. */
export const memoryOf = ({ name }: { readonly name: string }): number => MEMORY[name] ?? MAX_DEVICE_BYTES;
