/**
 * The engine in native code, for Node.
 *
 * @packageDocumentation
 */
export { nativeFault, openNative, type NativeOptions } from './native.js';
