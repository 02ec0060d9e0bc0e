import type { ForwardOptions, GraphBuilder } from '@attune/core';

/** The options of the forward pass that is being written into a graph. */
const scopes = new WeakMap<GraphBuilder, ForwardOptions>();

/** The options of the innermost forward pass that is being written into a graph; empty outside of one. */
export function forwardOptions(g: GraphBuilder): ForwardOptions {
  return scopes.get(g) ?? {};
}

/** Writes part of a graph as a forward pass with options. Those that are not given are the enclosing pass's. */
export function withForwardOptions<T>(g: GraphBuilder, options: ForwardOptions, write: () => T): T {
  const outer = scopes.get(g);
  const { mode = outer?.mode, adapters = outer?.adapters } = options;
  scopes.set(g, { mode, adapters });
  try {
    return write();
  } finally {
    if (outer) scopes.set(g, outer);
    else scopes.delete(g);
  }
}
