import { setImmediate } from 'node:timers/promises';
import type { Backend, Executable } from '@attune/core';

/** How long the event loop may stand still between two runs. */
const MAX_STILL_MS = 50;

/**
 * A backend whose runs let the event loop turn. An engine that computes on this thread would not, from one run to the
 * next: no signal would be heard, and no timer, until a whole evaluation or text is done.
 */
export function responsive(backend: Backend): Backend {
  let turned = performance.now();

  async function turn(): Promise<void> {
    if (performance.now() - turned < MAX_STILL_MS) return;
    await setImmediate();
    turned = performance.now();
  }

  function wrap(executable: Executable): Executable {
    return {
      program: executable.program,
      async run(feeds) {
        const outputs = await executable.run(feeds);
        await turn();
        return outputs;
      },
      dispose: () => executable.dispose(),
    };
  }

  return {
    name: backend.name,
    device: backend.device,
    capabilities: backend.capabilities,
    allocate: (spec) => backend.allocate(spec),
    compile: async (program, state) => wrap(await backend.compile(program, state)),
    memory: () => backend.memory(),
    ...(backend.programMemory && { programMemory: (program) => backend.programMemory!(program) }),
    dispose: () => backend.dispose(),
  };
}
