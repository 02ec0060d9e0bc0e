import {
  GraphBuilder,
  hostTensor,
  isAttuneError,
  opNodes,
  type Backend,
  type HostTensors,
  type Program,
  type State,
} from '@attune/core';
import { assert, errorOf, expectEqual } from '../../assertions/assert.js';
import { expectAllClose } from '../../assertions/close.js';
import { withState, type FailingProgram, type FailingRun, type SuiteContext } from '../shared/context.js';
import { accumulateProgram, counter } from '../shared/programs.js';

const ones = hostTensor('f32', [3], [1, 1, 1]);

/** Runs that fail on an engine that looks at the indices it computes: those of a feed are checked before the run. */
function candidates(): FailingProgram[] {
  const ids = { shape: [2], dtype: 'i32' } as const;
  const feeds = { ids: hostTensor('i32', [2], [0, 7]) };
  const named = (name: string, result: (g: GraphBuilder) => void): FailingProgram => {
    const g = new GraphBuilder(name);
    result(g);
    return { program: g.build(), feeds };
  };
  return [
    named('looks up a row that is not there', (g) => {
      const x = g.feed('ids', ids);
      g.output('rows', g.gather(g.constant(0, [3, 2]), g.add(x, x)));
    }),
    named('has a target that is not there', (g) => {
      const x = g.feed('ids', ids);
      g.output('loss', g.softmaxCrossEntropy(g.constant(0, [2, 3]), g.add(x, x)));
    }),
  ];
}

/** The first of the kit's own runs that fails on this backend. */
async function findFailingRun(backend: Backend): Promise<FailingProgram> {
  for (const candidate of candidates()) {
    const { program, feeds } = candidate;
    if (opNodes(program).some(({ op }) => backend.capabilities.unsupported[op] !== undefined)) continue;
    const failed = await withState(backend, {}, async (state) => {
      const executable = await backend.compile(program, state);
      try {
        await executable.run(feeds);
        return false;
      } catch {
        return true;
      } finally {
        executable.dispose();
      }
    });
    if (failed) return candidate;
  }
  throw new Error(
    'What a failure leaves cannot be tested: none of the kit’s own runs fails on this backend, which does not look at ' +
      'the indices it computes. Give describeBackend a `failingRun`: a program whose run fails halfway, or a backend that ' +
      'can be broken, by taking its device away.',
  );
}

/** A backend, and how the run of a program on one of its States is made to fail. */
interface Failure {
  readonly backend: Backend;
  readonly program: Program;
  readonly feeds: HostTensors;
  /** Called when everything is compiled. */
  arm(): void | Promise<void>;
  /** True if the device is gone afterwards, and other States with it. */
  readonly total: boolean;
  end(): Promise<void>;
}

async function prepare(backend: Backend, failingRun: FailingRun | undefined): Promise<Failure> {
  const nothing = { arm: () => undefined, end: async () => undefined };
  if (!failingRun) return { backend, ...(await findFailingRun(backend)), ...nothing, total: false };
  if ('program' in failingRun) return { backend, ...failingRun, ...nothing, total: false };
  const { backend: own, breakDown } = await failingRun.breakable();
  const end = () => own.dispose();
  return { backend: own, program: accumulateProgram(), feeds: { x: ones }, arm: breakDown, total: true, end };
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

async function expectPoisoned(work: () => Promise<unknown>, cause: unknown): Promise<void> {
  const error = await errorOf(work, 'STATE_POISONED');
  assert(error.cause === cause, 'The cause of a STATE_POISONED is not the failure of the run.');
}

/** The state that a run leaves when it fails halfway: a State that says so, with its family, and nothing else. */
export function describeFailures(context: SuiteContext): void {
  const { runner, failingRun } = context;

  /** Makes the run fail on one of a family of States, and looks at all of it. */
  const poisons = async (on: 'parent' | 'child') => {
    const failure = await prepare(context.backend, failingRun);
    const { backend, program, feeds } = failure;
    const before = backend.memory();
    const other = await backend.allocate({ total: counter });
    const parent = await backend.allocate({ total: counter, ...program.state });
    const [child, sibling] = [
      await parent.extend({ cache: counter }),
      await parent.extend({ more: counter }),
    ];
    const states: readonly State[] = [parent, child, sibling];
    const fails = await backend.compile(program, on === 'parent' ? parent : child);
    const add = await backend.compile(accumulateProgram(), parent);
    await failure.arm();
    const running = failureOf(fails.run(feeds));
    const queued = add.run({ x: ones });
    queued.catch(() => undefined);
    const caught = await running;
    assert(caught !== undefined, 'The failing run did not fail.');
    assert(
      isAttuneError(caught, 'BACKEND_FAILURE') || isAttuneError(caught, 'OUT_OF_MEMORY'),
      () =>
        `A run that fails halfway is a BACKEND_FAILURE or OUT_OF_MEMORY, but this one was: ${String(caught)}`,
    );
    await expectPoisoned(() => queued, caught);
    await expectPoisoned(() => fails.run(feeds), caught);
    for (const state of states) {
      await expectPoisoned(() => state.read(), caught);
      await expectPoisoned(() => state.read(['total']), caught);
      await expectPoisoned(() => state.write({ total: ones }), caught);
      if (state.view) await expectPoisoned(() => state.view!(['total']), caught);
      await expectPoisoned(() => state.extend({ another: counter }), caught);
    }
    if (!failure.total) {
      expectAllClose(
        (await other.read())['total']!,
        hostTensor('f32', [3], [0, 0, 0]),
        {},
        'total of another State',
      );
    }
    [fails, add].forEach((executable) => executable.dispose());
    [sibling, child, parent, other].forEach((state) => state.dispose());
    if (!failure.total) expectEqual(backend.memory(), before, 'memory() after everything was disposed');
    await failure.end();
  };

  runner.describe('a run that fails', () => {
    runner.test('poisons its State, with its children, and no other', () => poisons('parent'));
    runner.test('on a child State, poisons the parent and its other children', () => poisons('child'));
  });
}
