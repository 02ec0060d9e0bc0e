/** Where onnxruntime's WebAssembly files are: a folder's URL that ends in `/`, or a URL for each. */
export type OrtPaths = string | { readonly mjs?: string; readonly wasm?: string };
