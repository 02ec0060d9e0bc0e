import {
  fingerprint,
  type Backend,
  type Executable,
  type Program,
  type State,
  type TensorSpecs,
} from '@attune/core';

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

/** Programs that differ in the shapes of their batch only. Each is built when a batch of its shape first comes. */
export class BatchPrograms {
  private readonly executables = new Map<string, Promise<Executable>>();

  constructor(
    private readonly cache: ProgramCache,
    private readonly build: (spec: TensorSpecs) => Program,
  ) {}

  of(spec: TensorSpecs): Promise<Executable> {
    const key = JSON.stringify(spec);
    const known = this.executables.get(key);
    if (known) return known;
    const compiled = this.cache.compile(this.build(spec));
    this.executables.set(key, compiled);
    compiled.catch(() => this.executables.delete(key));
    return compiled;
  }
}
