import {
  isStorage,
  opNodes,
  type Backend,
  type Executable,
  type HostTensors,
  type Program,
  type State,
  type TensorSpecs,
} from '@attune/core';
import { expectHostTensor } from '../../assertions/close.js';
import type { FixtureLoader } from '../../fixtures/fixtures.js';
import { skippedName, type TestRunner } from '../../kit/runner.js';

/** A program whose run fails halfway on the backend at hand. */
export interface FailingProgram {
  readonly program: Program;
  readonly feeds: HostTensors;
}

/** A backend of its own that the test may break, so that whatever it runs next fails: by taking its device away, say. */
export interface BreakableBackend {
  readonly breakable: () => Promise<{ readonly backend: Backend; breakDown(): void | Promise<void> }>;
}

/**
 * A way to make a run fail, to see what a failure leaves. The kit finds one by itself where the engine looks at the indices
 * that it computes; where it does not, as on a GPU, it has to be told one.
 */
export type FailingRun = FailingProgram | BreakableBackend;

/** The backend under test, and the runner and fixtures of all suites. */
export interface SuiteContext {
  readonly backend: Backend;
  readonly runner: TestRunner;
  readonly fixtures: FixtureLoader;
  readonly failingRun?: FailingRun;
  /** Hears how much of its tolerance a case of an op uses up: 0 where it is exact, up to 1. */
  readonly measure?: (test: string, share: number) => void;
}

/** Ops and storage types of the programs that the backend declares it lacks, with its reasons. Empty if it runs them. */
function objections({ capabilities }: Backend, programs: readonly Program[]): string[] {
  const names = new Set(programs.flatMap((program) => opNodes(program).map(({ op }) => op)));
  const dtypes = new Set(programs.flatMap(({ values }) => values.map(({ dtype }) => dtype)));
  return [
    ...[...names].flatMap((op) => {
      const reason = capabilities.unsupported[op];
      return reason === undefined ? [] : [`${op}: ${reason}`];
    }),
    ...[...dtypes]
      .filter((dtype) => isStorage(dtype) && !capabilities.dtypes.includes(dtype))
      .map((dtype) => `${dtype}: the backend has no such dtype`),
  ];
}

/**
 * Registers a test that runs the given programs. Where the backend's capabilities name one of their ops as unsupported, or lack a storage type,
 * it is shown as skipped, with the reason: the one way in which a conformance test is left out.
 */
export function testPrograms(
  { backend, runner }: SuiteContext,
  name: string,
  programs: readonly Program[],
  body: () => Promise<void>,
  timeoutMs?: number,
): void {
  const reasons = objections(backend, programs);
  if (reasons.length > 0) runner.test.skip(skippedName(name, `not supported: ${reasons.join('; ')}`), body);
  else runner.test(name, body, timeoutMs);
}

/** Allocates a State for the time of `body`. */
export async function withState<T>(
  backend: Backend,
  spec: TensorSpecs,
  body: (state: State) => Promise<T>,
): Promise<T> {
  const state = await backend.allocate(spec);
  try {
    return await body(state);
  } finally {
    state.dispose();
  }
}

/** Compiles programs against a State for the time of `body`. */
export async function withCompiled<T>(
  backend: Backend,
  state: State,
  programs: readonly Program[],
  body: (...executables: Executable[]) => Promise<T>,
): Promise<T> {
  const executables: Executable[] = [];
  try {
    for (const program of programs) executables.push(await backend.compile(program, state));
    return await body(...executables);
  } finally {
    for (const executable of executables) executable.dispose();
  }
}

/** Checks that a program's outputs are there, each in the array of its dtype. */
export function expectOutputs(program: Program, outputs: HostTensors): void {
  for (const [name, id] of Object.entries(program.outputs)) {
    expectHostTensor(outputs[name], program.values[id]!, `output "${name}"`);
  }
}

/** The promise; where it is not awaited after all, since a test has failed, its rejection is not one more failure. */
export function handled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** Runs a program without state once. */
export function runOnce(backend: Backend, program: Program, feeds: HostTensors): Promise<HostTensors> {
  return withState(backend, {}, (state) =>
    withCompiled(backend, state, [program], async (executable) => {
      const outputs = await executable!.run(feeds);
      expectOutputs(program, outputs);
      return outputs;
    }),
  );
}
