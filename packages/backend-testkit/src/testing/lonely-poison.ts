import { AttuneError, engineBackend, type Backend, type Executable, type State } from '@attune/core';
import { interpreterEngine } from './interpreter-engine.js';

/** Poison of one State alone. */
interface Poison {
  cause?: unknown;
  readonly children: Poison[];
}

/** A backend where a failed run poisons its State and the children, but not the parent: the bug to be found. */
export function lonelyPoison(): Backend {
  let failure: unknown;
  const backend = engineBackend(interpreterEngine({ silent: true, onFailure: (error) => (failure = error) }));
  const states = new WeakMap<State, { readonly state: State; readonly poison: Poison }>();

  const check = ({ cause }: Poison) => {
    if (cause !== undefined) throw new AttuneError('STATE_POISONED', 'A run failed.', { cause });
  };
  const spread = (poison: Poison, cause: unknown) => {
    poison.cause = cause;
    for (const child of poison.children) spread(child, cause);
  };
  const wrapState = (state: State, poison: Poison): State => {
    const checked = async <T>(work: () => Promise<T>): Promise<T> => {
      check(poison);
      return work();
    };
    const wrapped: State = {
      spec: state.spec,
      read: (names) => checked(() => state.read(names)),
      write: (values) => checked(() => state.write(values)),
      extend: (spec) =>
        checked(async () => {
          const own: Poison = { children: [] };
          poison.children.push(own);
          return wrapState(await state.extend(spec), own);
        }),
      dispose: () => state.dispose(),
    };
    states.set(wrapped, { state, poison });
    return wrapped;
  };
  const wrapExecutable = (executable: Executable, poison: Poison): Executable => {
    let last: Promise<unknown> = Promise.resolve();
    return {
      program: executable.program,
      run: (feeds) => {
        const result = last.then(async () => {
          check(poison);
          const outputs = await executable.run(feeds);
          if (failure === undefined) return outputs;
          const cause = new AttuneError('BACKEND_FAILURE', String(failure), { cause: failure });
          failure = undefined;
          spread(poison, cause);
          throw cause;
        });
        last = result.catch(() => undefined);
        return result;
      },
      dispose: () => executable.dispose(),
    };
  };

  return {
    ...backend,
    allocate: async (spec) => wrapState(await backend.allocate(spec), { children: [] }),
    compile: async (program, wrapped) => {
      const { state, poison } = states.get(wrapped)!;
      return wrapExecutable(await backend.compile(program, state), poison);
    },
  };
}
