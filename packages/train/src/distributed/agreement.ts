import {
  AttuneError,
  exchangeNumbers,
  textNumber,
  type Backend,
  type Communicator,
  type HostTensors,
  type State,
  type StepMetrics,
  type StopReason,
} from '@attune/core';
import { hashBytes } from './hash.js';
import { broadcastTensors, bytesOf } from './tensors-of-ranks.js';

/** Relative differences that ranks may have in the metrics of a step, since not all engines round alike. */
const TOLERANCE = { loss: 1e-5, gradNorm: 1e-3 } as const;

/** The reasons for which `fit` may stop, by the numbers that ranks send each other. */
const REASONS: readonly StopReason[] = [
  ...(['maxIters', 'maxEpochs', 'maxTokens', 'maxSeconds', 'targetLoss', 'signal'] as const),
  'dataEnded',
];

/** The state of a rank's `fit` before a step. */
export interface BeforeStep {
  /** Steps done. */
  readonly step: number;
  /** The condition for which this rank by itself would stop. */
  readonly reason?: StopReason;
  /** True if somebody asked this rank to stop. */
  readonly aborted: boolean;
  /** The step that was taken last, if there is one since `fit` began. */
  readonly last?: StepMetrics;
  /** Counts the parameters that are compared. Default: `step`. */
  readonly turn?: number;
}

/**
 * Holds ranks to the same course: they begin alike, stop alike, and notice where their numbers differ.
 *
 * **Parameters.** All ranks do the same arithmetic on the same sums, so that parameters stay the same to the bit where the
 * engine, its version and its instruction set are the same on all ranks, and deterministic. There, every step compares the
 * checksum of one parameter, each in its turn, and ends with RANKS_DISAGREE where a bit differs. Elsewhere parameters would
 * drift apart by rounding errors: there, the parameter whose turn it is takes its values from rank 0.
 *
 * **Metrics.** Losses may differ by 1e-5 of their size, norms of gradients by 1e-3, and a step must be skipped on all ranks or none.
 */
export class Agreement {
  private uniform = false;

  constructor(
    private readonly communicator: Communicator,
    private readonly backend: Pick<Backend, 'name' | 'device' | 'capabilities'>,
    /** Parameters that training changes, as their State names them. */
    private readonly parameters: readonly string[],
  ) {}

  /**
   * Compares what has to be the same before the first step.
   *
   * @param facts values that JSON can say, by what they are called in an error.
   * @throws AttuneError RANKS_DISAGREE that names what differs, and where.
   */
  async begin(facts: Readonly<Record<string, unknown>>): Promise<void> {
    const { name, device, capabilities } = this.backend;
    const engine = textNumber(JSON.stringify([name, device.engine ?? device.description]));
    const all = await exchangeNumbers(this.communicator, [
      ...Object.values(facts).map((fact) => textNumber(JSON.stringify(fact))),
      engine,
      capabilities.deterministic ? 1 : 0,
    ]);
    Object.keys(facts).forEach((fact, i) => {
      const odd = oddRanks(all.map((numbers) => numbers[i]!));
      if (odd.length === 0) return;
      throw new AttuneError(
        'RANKS_DISAGREE',
        `${fact} differs between ranks: ${listRanks(odd)} has another.`,
        {
          fix: 'Start all ranks with the same settings, and with the same data and model on every machine.',
          data: { ranks: odd },
        },
      );
    });
    this.uniform = all.every((numbers) => numbers.at(-2) === engine && numbers.at(-1) === 1);
  }

  /**
   * Agrees on the next step: the reason to stop before it, if there is one. Rank 0 decides; a stop that any rank was asked
   * for is one for all.
   *
   * @param state holds the parameters; missing where they are not the same on all ranks.
   * @throws AttuneError RANKS_DISAGREE.
   */
  async nextStep(before: BeforeStep, state?: State): Promise<StopReason | undefined> {
    const { step, reason, aborted, last, turn = step } = before;
    const name = state && this.parameters[turn % Math.max(1, this.parameters.length)];
    const checksum = name !== undefined && this.uniform ? await checksumOf(state!, name) : 0;
    const all = await exchangeNumbers(this.communicator, [
      step,
      reason ? REASONS.indexOf(reason) : -1,
      aborted ? 1 : 0,
      last?.loss ?? 0,
      last?.gradNorm ?? 0,
      last?.skipped ? 1 : 0,
      checksum,
    ]);
    const column = (i: number) => all.map((numbers) => numbers[i]!);
    requireClose('the number of steps', step, column(0), 0);
    requireClose('the loss', step, column(3), TOLERANCE.loss);
    requireClose("the gradient's norm", step, column(4), TOLERANCE.gradNorm);
    requireClose('whether the step was skipped', step, column(5), 0);
    requireClose(`the value of ${name}`, step, column(6), 0);
    if (name !== undefined && !this.uniform) await broadcastTensors(this.communicator, state!, [name]);
    const decided = REASONS[all[0]![1]!];
    return decided ?? (column(2).includes(1) ? 'signal' : undefined);
  }
}

async function checksumOf(state: State, name: string): Promise<number> {
  const tensors: HostTensors = await (state.view?.([name]) ?? state.read([name]));
  return hashBytes(bytesOf(tensors[name]!.data));
}

/** Ranks whose number is not that of most; where there are as many of two, not that of rank 0. */
function oddRanks(numbers: readonly number[], same = (a: number, b: number) => a === b): number[] {
  if (numbers.every((number) => same(number, numbers[0]!))) return [];
  const votes = numbers.map((number) => numbers.filter((other) => same(number, other)).length);
  const usual = numbers[votes.indexOf(Math.max(...votes))]!;
  return numbers.flatMap((number, rank) => (same(number, usual) ? [] : [rank]));
}

function requireClose(what: string, step: number, numbers: readonly number[], tolerance: number): void {
  const same = (a: number, b: number) =>
    Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
  const odd = oddRanks(numbers, same);
  if (odd.length === 0) return;
  throw new AttuneError(
    'RANKS_DISAGREE',
    `After step ${step}, ${what} differs between ranks: ${listRanks(odd)} has another.`,
    {
      fix: 'Look for a fault of that machine, or another version of its software, and resume from the last checkpoint.',
      data: { step, ranks: odd },
    },
  );
}

const listRanks = (ranks: readonly number[]) =>
  `${ranks.length > 1 ? 'each of the ranks' : 'rank'} ${ranks.slice(0, 8).join(', ')}${ranks.length > 8 ? ', …' : ''}`;
