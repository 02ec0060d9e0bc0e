import {
  AttuneError,
  isAttuneError,
  item,
  scalar,
  type Batch,
  type Checkpoint,
  type Dataset,
  type EvaluationMetrics,
  type FitOptions,
  type HostTensors,
  type Program,
  type State,
  type StepMetrics,
  type StopReason,
  type TensorSpecs,
  type Trainer as TrainerContract,
} from '@attune/core';
import { Ranks } from '../distributed/ranks.js';
import { evaluateWith } from '../evaluation/evaluate-model.js';
import { expectTensors, weightSpecs, writeWeights } from './parameters.js';
import { evaluateProgram } from '../programs/evaluate.js';
import { trainable } from '../programs/train.js';
import { readTensors, restoreTensors } from './checkpoints.js';
import { now } from './clock.js';
import { LossSpikeGuard } from './loss-spike.js';
import { resolveOptions, type ResolvedTrainerOptions, type TrainerOptions } from './options.js';
import { rejectStep } from './reject-step.js';
import { runBatches } from './run-batches.js';
import { openSession, planSession, type Session, type SessionPlan } from './session.js';
import { checkStopConditions, stopReason } from './stopping.js';

/**
 * Trains a model: forward, backward, optimizer step, again and again.
 *
 * ```ts
 * const trainer = new Trainer({ backend, model, loss: crossEntropy(), optimizer: adamW({ learningRate: 1e-3 }), data });
 * for await (const { step, loss } of trainer.fit({ maxIters: 2000 })) console.log(step, loss);
 * ```
 *
 * Nothing is allocated before the first step, evaluation or checkpoint.
 */
export class Trainer implements TrainerContract {
  private readonly options: ResolvedTrainerOptions;
  private readonly ranks?: Ranks;
  private opened?: Promise<Session>;
  private step = 0;
  private tokens = 0;
  private seed: number;
  private spikes: LossSpikeGuard;
  /** The failure of an exchange between ranks, after which tensors may hold anything. */
  private parted?: AttuneError;
  stopReason: StopReason | undefined;

  /** @throws AttuneError INVALID_CONFIG. */
  constructor(options: TrainerOptions) {
    this.options = resolveOptions(options);
    this.seed = this.options.seed;
    this.spikes = new LossSpikeGuard(this.options.lossSpike);
    const { communicator, backend } = this.options;
    if (communicator) {
      const trained = trainable(this.options).map(({ name }) => name);
      this.ranks = new Ranks(communicator, backend, trained);
    }
  }

  private session(): Promise<Session> {
    return (this.opened ??= openSession(this.options));
  }

  /**
   * The tensors and programs that the first step would put on the device. Nothing is allocated.
   *
   * @param batch shapes of a micro-batch. Default: those of the data.
   */
  plan(batch: TensorSpecs = this.options.data.spec): SessionPlan {
    return planSession(this.options, batch);
  }

  /** The program that {@link Trainer.evaluate} runs on batches of these shapes. */
  evaluationProgram(batch: TensorSpecs): Program {
    return evaluateProgram(this.options, batch);
  }

  /** The State that holds the model's parameters: it serves evaluation and generation, during training and after. */
  async parameters(): Promise<State> {
    return (await this.session()).parameters;
  }

  /**
   * Trains until a condition of `options` is met or the data ends. Leaving the loop early is fine: the run stands as after
   * the step that was yielded last.
   *
   * @throws AttuneError NON_FINITE, naming the step and the first tensor that went bad, if the loss or the gradient is NaN
   * or infinite; LOSS_SPIKE; NO_TARGETS if a step's batches carry no loss. The parameters are those before that step.
   */
  async *fit(options: FitOptions): AsyncGenerator<StepMetrics, void, undefined> {
    const { data } = this.options;
    checkStopConditions(options, data.batchesPerEpoch);
    this.stopReason = undefined;
    const session = await this.session();
    await this.ranks?.begin(session.parameters, this.facts());
    const began = now();
    const batches = data[Symbol.asyncIterator]();
    let last: StepMetrics | undefined;
    try {
      for (;;) {
        const reason = await this.reasonToStop(session, options, (now() - began) / 1000, last);
        last = reason ? undefined : await this.trainStep(session, batches);
        if (!last) {
          if (!reason) await this.ranks?.endOfData();
          this.stopReason = reason ?? 'dataEnded';
          return;
        }
        yield last;
      }
    } catch (error) {
      if (isAttuneError(error, 'RANK_LOST') || isAttuneError(error, 'RANKS_DISAGREE')) this.parted = error;
      throw error;
    } finally {
      await batches.return?.();
    }
  }

  /** The stop condition that is met, if there is one: where there are several ranks, the same on all. */
  private async reasonToStop(
    session: Session,
    options: FitOptions,
    seconds: number,
    last: StepMetrics | undefined,
  ): Promise<StopReason | undefined> {
    const { step, tokens, ranks } = this;
    const reason = stopReason(options, { step, tokens, epoch: this.epoch(), seconds, last });
    if (!ranks) return reason;
    const before = { step, reason, aborted: options.signal?.aborted ?? false, last };
    const local = session.accumulation?.local?.steps;
    if (!local) return ranks.nextStep(before, session.parameters);
    const { isCommon, turn } = local.turnAt(step);
    return ranks.nextStep({ ...before, turn }, isCommon ? session.parameters : undefined);
  }

  /** The parts of a run that have to be the same on all ranks, by what an error calls them. */
  private facts(): Readonly<Record<string, unknown>> {
    const { model, optimizer, data, gradientAccumulationSteps, gradClip, lossSpike } = this.options;
    const { shardOptimizer, outerSteps, outerLearningRate, outerMomentum } = this.options;
    const { step, seed } = this;
    const parts = model.parameters.map(({ name, shape, trainable: isTrained }) => [name, shape, isTrained]);
    return {
      'The model': parts,
      'The optimizer': [optimizer.name, optimizer.config, optimizer.scalars(step)],
      'The position in the data': data.state(),
      'The number of steps done': step,
      'The random seed': seed,
      'An option of the trainer': {
        ...{ gradientAccumulationSteps, gradClip, lossSpike, batch: data.spec },
        ...{ shardOptimizer, outerSteps, outerLearningRate, outerMomentum },
      },
    };
  }

  private epoch(): number {
    const { data, gradientAccumulationSteps } = this.options;
    return data.batchesPerEpoch ? (this.step * gradientAccumulationSteps) / data.batchesPerEpoch : 0;
  }

  /** One step. `undefined` if the data is at its end: a step that cannot be filled is not taken. */
  private async trainStep(session: Session, batches: AsyncIterator<Batch>): Promise<StepMetrics | undefined> {
    const { accumulation } = session;
    const { step, seed, options } = this;
    const started = now();
    const lossLimit = this.spikes.limit();
    const scalars = Object.fromEntries(
      Object.entries({ ...options.optimizer.scalars(step), lossLimit }).map(
        ([name, value]) => [name, scalar(value)] as const,
      ),
    );
    const run = await runBatches(session, options, batches, { step, seed, scalars });
    if (!run) return undefined;
    const outputs = accumulation ? await accumulation.apply(scalars) : run.outputs;
    const [loss, gradNorm, count] = ['loss', 'gradNorm', 'count'].map((name) => item(outputs[name])) as [
      number,
      number,
      number,
    ];
    const accepted = item(outputs['accepted']) !== 0 && Number.isFinite(loss) && Number.isFinite(gradNorm);
    if (!accepted) {
      await accumulation?.clear();
      const { feeds } = run;
      await rejectStep(session, options, { done: step, loss, gradNorm, count, lossLimit, feeds });
    }
    await accumulation?.endStep?.(step + 1);
    return this.finishStep({ loss, gradNorm, count, accepted, started });
  }

  private finishStep(outcome: {
    readonly loss: number;
    readonly gradNorm: number;
    readonly count: number;
    readonly accepted: boolean;
    readonly started: number;
  }): StepMetrics {
    const { loss, gradNorm, count, accepted, started } = outcome;
    const lr = this.options.optimizer.learningRate(this.step);
    this.step += 1;
    this.tokens += count;
    if (accepted) this.spikes.observe(loss);
    const stepMs = now() - started;
    return {
      step: this.step,
      epoch: this.epoch(),
      loss,
      lr,
      gradNorm,
      tokens: this.tokens,
      tokensPerSecond: (count / stepMs) * 1000,
      stepMs,
      ...(!accepted && { skipped: true }),
    };
  }

  async evaluate(data: Dataset, batches?: number): Promise<EvaluationMetrics> {
    const { model, loss, communicator } = this.options;
    const { programs, parameters } = await this.session();
    await this.ranks?.equalize(parameters);
    return evaluateWith(programs, { model, loss, data, batches, communicator });
  }

  async checkpoint({ frozen = true }: { readonly frozen?: boolean } = {}): Promise<Checkpoint> {
    const { step, tokens, seed, options, parted: cause } = this;
    if (cause) {
      throw new AttuneError(
        'STATE_POISONED',
        'An exchange between ranks was broken off, so that parameters may be of no step: there is no checkpoint of them.',
        { cause, fix: 'Resume from the last checkpoint.' },
      );
    }
    const session = await this.session();
    const data = options.data.state();
    const lossStatistics = this.spikes.state();
    return {
      step,
      tokens,
      seed,
      data,
      lossStatistics,
      ...(await readTensors(session, options, { step, frozen })),
    };
  }

  async restore(checkpoint: Checkpoint): Promise<void> {
    const progress = await restoreTensors(() => this.session(), this.options, checkpoint);
    this.ranks?.setEqual(true);
    const { step, tokens, seed, lossStatistics } = progress;
    this.step = step;
    this.tokens = tokens;
    this.seed = seed;
    this.spikes = new LossSpikeGuard(this.options.lossSpike, lossStatistics);
  }

  /**
   * Replaces the parameters, e.g. by pretrained ones. The optimizer's state stays.
   *
   * @throws AttuneError CHECKPOINT_MISMATCH if one is missing or of another shape.
   */
  async loadParameters(tensors: HostTensors): Promise<void> {
    this.ranks?.setEqual(false);
    const values = expectTensors('weights', weightSpecs(this.options.model), tensors);
    const { parameters, accumulation } = await this.session();
    accumulation?.local?.steps.forget();
    await writeWeights(parameters, this.options.model, values);
  }

  async dispose(): Promise<void> {
    const session = await this.opened;
    this.opened = undefined;
    await session?.dispose();
  }
}
