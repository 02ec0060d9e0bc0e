import {
  AttuneError,
  hostTensor,
  item,
  Random,
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
import { SEED_FEED } from '@attune/nn';
import { evaluateWith } from '../evaluation/evaluate-model.js';
import { expectTensors, givenSpecs, readWeights, weightSpecs, writeWeights } from './parameters.js';
import { evaluateProgram } from '../programs/evaluate.js';
import { feedsOf, specsOf } from '../programs/forward.js';
import { slotSpecs } from '../programs/train.js';
import { now } from './clock.js';
import { firstNonFinite } from './diagnose.js';
import { LossSpikeGuard } from './loss-spike.js';
import { resolveOptions, type ResolvedTrainerOptions, type TrainerOptions } from './options.js';
import { openSession, planSession, type Session, type SessionPlan } from './session.js';
import { checkStopConditions, stopReason } from './stopping.js';

/** The stream of random numbers that dropout's seeds are drawn from. */
const DROPOUT_STREAM = 0xd20;

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
  private opened?: Promise<Session>;
  private step = 0;
  private tokens = 0;
  private seed: number;
  private spikes: LossSpikeGuard;
  stopReason: StopReason | undefined;

  /** @throws AttuneError INVALID_CONFIG. */
  constructor(options: TrainerOptions) {
    this.options = resolveOptions(options);
    this.seed = this.options.seed;
    this.spikes = new LossSpikeGuard(this.options.lossSpike);
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
    const began = now();
    const batches = data[Symbol.asyncIterator]();
    let last: StepMetrics | undefined;
    try {
      for (;;) {
        const { step, tokens } = this;
        const seconds = (now() - began) / 1000;
        const reason = stopReason(options, { step, tokens, epoch: this.epoch(), seconds, last });
        last = reason ? undefined : await this.trainStep(session, batches);
        if (!last) {
          this.stopReason = reason ?? 'dataEnded';
          return;
        }
        yield last;
      }
    } finally {
      await batches.return?.();
    }
  }

  private epoch(): number {
    const { data, gradientAccumulationSteps } = this.options;
    return data.batchesPerEpoch ? (this.step * gradientAccumulationSteps) / data.batchesPerEpoch : 0;
  }

  /** One step. `undefined` if the data is at its end: a step that cannot be filled is not taken. */
  private async trainStep(session: Session, batches: AsyncIterator<Batch>): Promise<StepMetrics | undefined> {
    const { accumulation } = session;
    const { optimizer } = this.options;
    const started = now();
    const scalars = Object.fromEntries(
      Object.entries({ ...optimizer.scalars(this.step), lossLimit: this.spikes.limit() }).map(
        ([name, value]) => [name, scalar(value)] as const,
      ),
    );
    const run = await this.runBatches(session, batches, scalars);
    if (!run) return undefined;
    const { feeds } = run;
    const outputs = accumulation ? await accumulation.apply.run(scalars) : run.outputs;
    const [loss, gradNorm, count] = ['loss', 'gradNorm', 'count'].map((name) => item(outputs[name])) as [
      number,
      number,
      number,
    ];
    const accepted = item(outputs['accepted']) !== 0 && Number.isFinite(loss) && Number.isFinite(gradNorm);
    if (!accepted) {
      await accumulation?.clear.run();
      await this.rejectStep(session, { loss, gradNorm, count }, feeds);
    }
    return this.finishStep({ loss, gradNorm, count, accepted, started });
  }

  /**
   * Runs the batches of a step: all of it, or what comes before its update. `undefined` if the data ends among them. Where
   * that or a failure breaks the step off, accumulators and data are as before it.
   */
  private async runBatches(
    session: Session,
    batches: AsyncIterator<Batch>,
    scalars: HostTensors,
  ): Promise<{ readonly feeds: Batch; readonly outputs: HostTensors } | undefined> {
    const { accumulation } = session;
    const { data, gradientAccumulationSteps } = this.options;
    const cursor = data.state();
    const breakOff = async () => {
      await accumulation?.clear.run();
      data.restore(cursor);
    };
    let feeds: Batch = {};
    let [before, running]: (Promise<HostTensors> | undefined)[] = [];
    try {
      for (let micro = 0; micro < gradientAccumulationSteps; micro++) {
        const { value: batch, done } = await batches.next();
        if (done) {
          await running;
          await breakOff();
          return undefined;
        }
        const fields = feedsOf(batch, data.spec);
        const microBatch = await session.microBatch(specsOf(fields));
        feeds = this.withSeed(fields, microBatch.program.feeds, micro);
        // One runs while the next is fetched and queued. More in the queue would only take memory.
        await before;
        before = running;
        running = microBatch.run(accumulation ? feeds : { ...feeds, ...scalars });
        running.catch(() => undefined);
      }
      // All are waited for: one that was refused must not be missing from its step.
      await before;
      return { feeds, outputs: await running! };
    } catch (error) {
      // Where the State is lost, there is nothing to put back.
      await breakOff().catch(() => undefined);
      throw error;
    }
  }

  /** Adds the seed of dropout's masks, where the program takes one: another for each micro-batch of the run. */
  private withSeed(feeds: Batch, taken: object, micro: number): Batch {
    if (!(SEED_FEED in taken)) return feeds;
    const run = this.step * this.options.gradientAccumulationSteps + micro;
    const seed = new Random(this.seed, DROPOUT_STREAM, 4 * run).uint32();
    return { ...feeds, [SEED_FEED]: hostTensor('i32', [], Int32Array.of(seed)) };
  }

  /** Throws what is wrong with a step that was not accepted, unless it is a spike that is to be skipped. */
  private async rejectStep(
    session: Session,
    { loss, gradNorm, count }: { readonly loss: number; readonly gradNorm: number; readonly count: number },
    feeds: Batch,
  ): Promise<void> {
    const step = this.step + 1;
    const { optimizer, lossSpike } = this.options;
    if (count <= 0) {
      throw new AttuneError('NO_TARGETS', `Step ${step}: no target of its batches carries loss.`, {
        fix: 'Look at the loss mask and ignoreIndex of the data.',
      });
    }
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
      const culprit = await firstNonFinite(session, this.options, feeds);
      const lr = optimizer.learningRate(this.step);
      throw new AttuneError(
        'NON_FINITE',
        `Step ${step}: the loss is ${loss} and the gradient's norm ${gradNorm}; ${culprit}.`,
        {
          fix: `The parameters are those before this step. Lower the learning rate (now ${lr}), or clip gradients (gradClip).`,
          data: { step, loss, gradNorm },
        },
      );
    }
    if (lossSpike?.action === 'skip') return;
    const limit = this.spikes.limit();
    throw new AttuneError('LOSS_SPIKE', `Step ${step}: the loss is ${loss}, above the limit of ${limit}.`, {
      fix: 'The parameters are those before this step. Look at its data, lower the learning rate, or skip spikes.',
      data: { step, loss, limit },
    });
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
    const { model, loss } = this.options;
    const { programs } = await this.session();
    return evaluateWith(programs, { model, loss, data, batches });
  }

  async checkpoint({ frozen = true }: { readonly frozen?: boolean } = {}): Promise<Checkpoint> {
    const { training } = await this.session();
    const { step, tokens, seed } = this;
    const { model } = this.options;
    const data = this.options.data.state();
    return {
      step,
      tokens,
      seed,
      data,
      lossStatistics: this.spikes.state(),
      parameters: await readWeights(training, model, Object.keys(weightSpecs(model, { frozen }))),
      optimizer: await training.read(Object.keys(slotSpecs(this.options))),
    };
  }

  async restore(checkpoint: Checkpoint): Promise<void> {
    const { step, tokens, seed, parameters, optimizer, data, lossStatistics } = checkpoint;
    const { model, weights } = this.options;
    // Frozen parameters may be left to the pretrained weights.
    const required = weightSpecs(model, { frozen: weights === undefined });
    const given = { ...required, ...givenSpecs(weightSpecs(model), parameters) };
    const values = expectTensors('weights', given, parameters);
    const slots = expectTensors('optimizer tensors', slotSpecs(this.options), optimizer);
    const { training } = await this.session();
    this.options.data.restore(data);
    await writeWeights(training, model, values);
    await training.write(slots);
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
    const values = expectTensors('weights', weightSpecs(this.options.model), tensors);
    await writeWeights((await this.session()).parameters, this.options.model, values);
  }

  async dispose(): Promise<void> {
    const session = await this.opened;
    this.opened = undefined;
    await session?.dispose();
  }
}
