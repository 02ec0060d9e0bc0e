/** A worker that lives where onnxruntime-node is not installed. */
import { register } from 'node:module';

const hooks = `export const resolve = (specifier, context, next) =>
  next(specifier, specifier === 'onnxruntime-node' ? { ...context, parentURL: 'file:///nowhere/at-all.js' } : context);`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
await import('./worker.mjs');
