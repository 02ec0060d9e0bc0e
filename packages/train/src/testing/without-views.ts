import type { Backend, State } from '@attune/core';

/** The same backend, as if its tensors lay in the memory of a device: without {@link State.view}. */
export function withoutViews(backend: Backend): Backend {
  const hide = (state: State): State => {
    const extend = state.extend.bind(state);
    return Object.assign(state, {
      view: undefined,
      extend: async (spec: State['spec']) => hide(await extend(spec)),
    });
  };
  const allocate = backend.allocate.bind(backend);
  return Object.assign(backend, { allocate: async (spec: State['spec']) => hide(await allocate(spec)) });
}
