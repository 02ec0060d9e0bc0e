import {
  memoryAdvice,
  peakBytes,
  type CommitOrder,
  type MemoryAdvice,
  type MemoryDemand,
} from '@attune/core';

/** The memory that a program takes: values freed after their last use, and updates that have yet to replace their tensors. */
export function demandOf({ program, commits }: CommitOrder): MemoryDemand {
  const updates = new Set(Object.values(program.updates));
  return {
    needed: peakBytes(program, { commits }),
    fixed: () => peakBytes(program, { commits, counts: (id) => updates.has(id) }),
  };
}

/** The advice for a program that does not fit into `free` bytes. */
export function adviceFor(order: CommitOrder, free: number): MemoryAdvice {
  return memoryAdvice(order.program, demandOf(order), free);
}
