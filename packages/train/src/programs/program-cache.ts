import { fingerprint, type Backend, type Executable, type Program, type State } from '@attune/core';

/** Compiled programs of one State, by fingerprint: the same program is built once. */
export class ProgramCache {
  private readonly executables = new Map<string, Promise<Executable>>();

  constructor(
    private readonly backend: Backend,
    private readonly state: State,
  ) {}

  compile(program: Program): Promise<Executable> {
    const key = fingerprint(program);
    const known = this.executables.get(key);
    if (known) return known;
    const compiled = this.backend.compile(program, this.state);
    this.executables.set(key, compiled);
    // A failure is the caller's to handle, and may be tried again.
    compiled.catch(() => this.executables.delete(key));
    return compiled;
  }

  async dispose(): Promise<void> {
    const executables = await Promise.allSettled(this.executables.values());
    this.executables.clear();
    for (const result of executables) if (result.status === 'fulfilled') result.value.dispose();
  }
}
