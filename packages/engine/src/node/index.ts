/**
 * The engine in native code, for Node.
 *
 * @packageDocumentation
 */
export { nativeFindings, type AddonFault, type NativeFindings } from './addon.js';
export { nativeFault, openNative, type NativeOptions } from './native.js';
