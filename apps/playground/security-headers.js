/**
 * The page may load and ask for its own files only, and for models of the Hugging Face hub. WebAssembly is compiled, and its threads are workers and scripts from
 * `blob:` addresses, which only scripts of the page can make. Neither a script nor a style can be in the page itself.
 */
const policy = {
  'default-src': "'none'",
  'script-src': "'self' blob: 'wasm-unsafe-eval'",
  'worker-src': "'self' blob:",
  'style-src': "'self'",
  'img-src': 'data:',
  // The hub, and the stores of files that it leads to.
  'connect-src': "'self' https://huggingface.co https://*.huggingface.co https://*.hf.co",
  'base-uri': "'none'",
  'form-action': "'none'",
};

const written = (directives) =>
  Object.entries(directives)
    .map((directive) => directive.join(' '))
    .join('; ');

/** For the page's `<meta>`, which counts wherever it is put. Browsers take who may frame a page from a header only. */
export const metaPolicy = written(policy);

/** Cross-origin isolation, which gives the page SharedArrayBuffer, and so WebAssembly its threads. */
export const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** The headers that the service worker adds where a server sends none: workers take their policy from a header alone. */
export const addedHeaders = { ...isolationHeaders, 'Content-Security-Policy': metaPolicy };

/** The headers that a server should send with every file. A worker takes its policy from here, not from the page. */
export const headers = {
  ...isolationHeaders,
  'Content-Security-Policy': written({ ...policy, 'frame-ancestors': "'none'" }),
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};
