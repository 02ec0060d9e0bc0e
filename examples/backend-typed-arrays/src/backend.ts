import { defineBackend, engineBackend } from '@attune/core';
import { typedArraysEngine } from './engine.js';

/** Runs wherever JavaScript does. */
export const backend = defineBackend({
  name: 'typed-arrays',
  isAvailable: async () => ({
    available: true,
    description: 'typed arrays in JavaScript, one op after the other',
  }),
  create: async () => engineBackend(typedArraysEngine()),
});
