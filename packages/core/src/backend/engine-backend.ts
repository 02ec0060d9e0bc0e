import type { Backend, Executable, State } from '../contracts/backend.js';
import { AttuneError } from '../errors/index.js';
import type { Program } from '../program/program.js';
import type { TensorSpecs } from '../tensor/index.js';
import { checkState } from './check-state.js';
import { DeviceExecutable } from './device-executable.js';
import { DeviceState, type DeviceLifetime } from './device-state.js';
import type { Engine } from './engine.js';
import { legalize } from './legalize.js';

/** A {@link Backend} from an {@link Engine}: everything that backends have in common. */
export function engineBackend<Handle>(engine: Engine<Handle>): Backend {
  const lifetime: DeviceLifetime = { disposed: false };
  const assertUsable = () => {
    if (lifetime.disposed) throw new AttuneError('DISPOSED', `Backend "${engine.name}" was disposed.`);
  };
  return {
    name: engine.name,
    device: engine.device,
    capabilities: engine.capabilities,

    async allocate(spec: TensorSpecs): Promise<State> {
      assertUsable();
      return DeviceState.allocate(engine, spec, lifetime);
    },

    async compile(program: Program, state: State): Promise<Executable> {
      assertUsable();
      if (!(state instanceof DeviceState) || state.engine !== engine) {
        throw new AttuneError(
          'INVALID_ARGUMENT',
          `The State was not allocated by this backend ("${engine.name}").`,
        );
      }
      state.assertUsable();
      const legal = legalize(program, engine);
      checkState(program, state);
      const compiled = await engine.build(legal);
      return new DeviceExecutable<Handle>(program, compiled, state as DeviceState<Handle>);
    },

    memory: () => engine.memory(),

    ...(engine.programMemory && {
      programMemory: (program: Program) => {
        assertUsable();
        return engine.programMemory!(legalize(program, engine));
      },
    }),

    async dispose(): Promise<void> {
      if (lifetime.disposed) return;
      lifetime.disposed = true;
      await engine.dispose();
    },
  };
}
