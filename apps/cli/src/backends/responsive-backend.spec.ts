import type { Backend, HostTensors } from '@attune/core';
import { responsive } from './responsive-backend.js';

/** A backend that computes on this thread, for so long. */
function busyBackend(milliseconds: number): Backend {
  return {
    name: 'busy',
    compile: async () => ({
      run: async (): Promise<HostTensors> => {
        const until = performance.now() + milliseconds;
        while (performance.now() < until);
        return {};
      },
    }),
  } as unknown as Backend;
}

async function turnsWithin(runs: number, backend: Backend): Promise<number> {
  const executable = await backend.compile({} as never, {} as never);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  for (let i = 0; i < runs; i++) await executable.run();
  clearInterval(timer);
  return turns;
}

test('an engine that computes on this thread holds up the event loop', async () => {
  expect(await turnsWithin(10, busyBackend(20))).toBe(0);
});

test('but not from one run to the next where it is made responsive', async () => {
  expect(await turnsWithin(10, responsive(busyBackend(20)))).toBeGreaterThanOrEqual(2);
});
