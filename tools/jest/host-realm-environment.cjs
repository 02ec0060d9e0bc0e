const { TestEnvironment } = require('jest-environment-node');

/**
 * Jest runs each test file in its own realm, with its own `Float32Array`. Node's built-in modules and native
 * addons (onnxruntime, for one) create and check for the host realm's, and `instanceof` is false across the two.
 * Tests therefore see the host's binary types, and `instanceof` holds in both directions.
 */
const SHARED_WITH_HOST = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Atomics',
  'WebAssembly',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Float16Array', // Node 24 and later
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];

/**
 * A test file leaves functions here that end what it began while its tests were registered. Jest runs no `afterAll` of a
 * file none of whose tests is asked for (`-t`), and a process or a browser that is still open keeps it from exiting.
 */
const CLOSERS = Symbol.for('attune.closers');

class HostRealmEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of SHARED_WITH_HOST) {
      if (name in globalThis) this.global[name] = globalThis[name];
    }
    this.global[CLOSERS] = [];
  }

  async teardown() {
    for (const close of this.global[CLOSERS].splice(0)) await close();
    await super.teardown();
  }
}

module.exports = HostRealmEnvironment;
