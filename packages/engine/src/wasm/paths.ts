/** Where the `.wasm` files are: a folder's URL that ends in `/`, or a URL for each file name. */
export type WasmPaths = string | Readonly<Record<string, string>>;
