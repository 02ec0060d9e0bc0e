import type { Backend, Capabilities } from '@attune/core';

/** A backend that is another one after each {@link SwitchingBackend.use}: the kit's tests are registered once for all. */
export interface SwitchingBackend {
  readonly create: () => Promise<Backend>;
  /** Every backend that is asked for from now on is made by this. */
  use(make: () => Backend): void;
}

/** @param first what the tests are registered for: its capabilities are those of all others. */
export function switchingBackend(first: () => Backend): SwitchingBackend {
  let make = first;
  let current = make();
  const capabilities: Capabilities = current.capabilities;
  let registered = false;
  const shown: Backend = {
    name: 'planted',
    device: current.device,
    capabilities,
    allocate: (spec) => current.allocate(spec),
    compile: (program, state) => current.compile(program, state),
    memory: () => current.memory(),
    dispose: () => current.dispose(),
  };
  return {
    create: async () => {
      if (registered) return make();
      registered = true;
      return shown;
    },
    use: (next) => {
      make = next;
      current = make();
    },
  };
}
