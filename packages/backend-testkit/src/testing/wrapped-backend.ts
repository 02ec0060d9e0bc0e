import type { Backend, Executable, HostTensors, Program, State, TensorSpecs } from '@attune/core';

/** The behaviours that a wrapper may replace. Each gets what is right. */
export interface Wrapping {
  /** Wraps every call that may fail: its name, and what it does. */
  readonly call?: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  readonly read?: (state: State, names: readonly string[]) => Promise<HostTensors>;
  readonly run?: (executable: Executable, feeds: HostTensors | undefined) => Promise<HostTensors>;
  readonly view?: (state: State, names: readonly string[]) => Promise<HostTensors>;
  /** Sees a program before it is compiled. */
  readonly program?: (program: Program) => void;
  readonly write?: (state: State, values: HostTensors) => Promise<void>;
}

/** A backend with a layer around it, as a third party's may have: States and Executables are wrapped ones as well. */
export function wrapBackend(backend: Backend, wrapping: Wrapping): Backend {
  const inner = new WeakMap<State, State>();
  const call = <T>(name: string, work: () => Promise<T>): Promise<T> => wrapping.call?.(name, work) ?? work();

  const wrapState = (state: State): State => {
    const wrapped: State = {
      spec: state.spec,
      read: (names = Object.keys(state.spec)) =>
        call('read', () => wrapping.read?.(state, names) ?? state.read(names)),
      write: (values) => call('write', () => wrapping.write?.(state, values) ?? state.write(values)),
      ...(state.view && {
        view: (names: readonly string[]) =>
          call('view', () => wrapping.view?.(state, names) ?? state.view!(names)),
      }),
      extend: (spec: TensorSpecs) => call('extend', async () => wrapState(await state.extend(spec))),
      dispose: () => state.dispose(),
    };
    inner.set(wrapped, state);
    return wrapped;
  };
  const wrapExecutable = (executable: Executable): Executable => ({
    program: executable.program,
    run: (feeds) => call('run', () => wrapping.run?.(executable, feeds) ?? executable.run(feeds)),
    dispose: () => executable.dispose(),
  });

  return {
    name: backend.name,
    device: backend.device,
    capabilities: backend.capabilities,
    allocate: (spec) => call('allocate', async () => wrapState(await backend.allocate(spec))),
    compile: (program, state) =>
      call('compile', async () => {
        wrapping.program?.(program);
        return wrapExecutable(await backend.compile(program, inner.get(state) ?? state));
      }),
    memory: () => backend.memory(),
    dispose: () => backend.dispose(),
  };
}
