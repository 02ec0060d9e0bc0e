import { instantiate } from './module.js';
import type { Reply, Start } from './protocol.js';

/** Makes this worker a thread of a crew. Returns when the crew is closed; meanwhile the worker hears nothing. */
export function join(
  { module, memory, crew, thread, stack }: Extract<Start, { type: 'join' }>,
  reply: (message: Reply) => void,
): void {
  const exports = instantiate(module, memory);
  // Every instance would begin with the same one.
  exports.__stack_pointer.value = stack;
  reply({ type: 'joined' });
  exports.crewServe(crew, thread);
}
