import { totalmem } from 'node:os';
import type { Backend } from '@attune/core';

/** Backends that compute in the machine's own memory. Others have memory of their own, of which only they know. */
const IN_HOST_MEMORY: readonly string[] = ['cpu', 'wasm', 'reference'];

/** More than any single device has. */
const MOST_DEVICE_MEMORY = 2 ** 40;

/** Bytes that a backend can have at most. */
export function memoryOf({ name }: Pick<Backend, 'name'>): number {
  return IN_HOST_MEMORY.includes(name) ? totalmem() : Math.max(totalmem(), MOST_DEVICE_MEMORY);
}
