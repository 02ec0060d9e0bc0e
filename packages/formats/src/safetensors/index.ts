export type { FloatDType } from './dtypes.js';
export type { SafetensorsEntry } from './header.js';
export { decodeSafetensors, openSafetensors, type SafetensorsFile } from './reader.js';
export { encodeSafetensors, type SafetensorsOptions } from './writer.js';
export { openSafetensorsFile, type OpenSafetensorsFile } from './open-file.js';
