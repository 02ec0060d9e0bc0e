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
  type State,
  type StepMetrics,
  type Trainer as TrainerContract,
} from '@attune/core';
import { SEED_FEED } from '@attune/nn';
import { evaluateWith } from '../evaluation/evaluate-model.js';
import { expectTensors, parameterSpecs } from '../parameters.js';
import { feedsOf } from '../programs/forward.js';
import { slotSpecs } from '../programs/train.js';
import { now } from './clock.js';
import { resolveOptions, type ResolvedTrainerOptions, type TrainerOptions } from './options.js';
import { openSession, type Session } from './session.js';

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

  /** @throws AttuneError INVALID_CONFIG. */
  constructor(options: TrainerOptions) {
    this.options = resolveOptions(options);
    this.seed = this.options.seed;
  }

  private session(): Promise<Session> {
    return (this.opened ??= openSession(this.options));
  }

  /** The State that holds the model's parameters: it serves evaluation and generation, during training and after. */
  async parameters(): Promise<State> {
    return (await this.session()).parameters;
  }

  /**
   * Trains until `maxIters` steps are done, counted from the beginning of the run, or until the signal is aborted.
   * Leaving the loop early is fine: the run stands as after the step that was yielded last.
   *
   * @throws AttuneError NON_FINITE, naming the step, if the loss or the gradient is NaN or infinite; NO_TARGETS if a
   * step's batches carry no loss.
   */
  async *fit({ maxIters, signal }: FitOptions): AsyncGenerator<StepMetrics, void, undefined> {
    const session = await this.session();
    const batches = this.options.data[Symbol.asyncIterator]();
    try {
      while (this.step < maxIters && !signal?.aborted) {
        const metrics = await this.trainStep(session, batches);
        if (!metrics) return;
        yield metrics;
      }
    } finally {
      await batches.return?.();
    }
  }

  /** One step. `undefined` if the data is at its end: a step that cannot be filled is not taken. */
  private async trainStep(
    { step }: Session,
    batches: AsyncIterator<Batch>,
  ): Promise<StepMetrics | undefined> {
    const { optimizer, gradientAccumulationSteps } = this.options;
    const started = now();
    const scalars = Object.fromEntries(
      Object.entries(optimizer.scalars(this.step)).map(([name, value]) => [name, scalar(value)]),
    );
    let outputs: Promise<HostTensors> | undefined;
    for (let micro = 0; micro < gradientAccumulationSteps; micro++) {
      const { value: batch, done } = await batches.next();
      if (done) return undefined;
      const feeds = { ...feedsOf(batch, this.options.data.spec), ...(step.apply ? {} : scalars) };
      // The data of the next micro-batch is fetched while this one runs.
      outputs = step.microBatch.run(this.withSeed(feeds, step.microBatch.program.feeds, micro));
      outputs.catch(() => undefined);
    }
    if (step.apply) outputs = step.apply.run(scalars);
    return this.finishStep(await outputs!, started);
  }

  /** Adds the seed of dropout's masks, where the program takes one: another for each micro-batch of the run. */
  private withSeed(feeds: Batch, taken: object, micro: number): Batch {
    if (!(SEED_FEED in taken)) return feeds;
    const run = this.step * this.options.gradientAccumulationSteps + micro;
    const seed = new Random(this.seed, DROPOUT_STREAM, 4 * run).uint32();
    return { ...feeds, [SEED_FEED]: hostTensor('i32', [], Int32Array.of(seed)) };
  }

  private finishStep(outputs: HostTensors, started: number): StepMetrics {
    const [loss, gradNorm, count] = ['loss', 'gradNorm', 'count'].map((name) => item(outputs[name])) as [
      number,
      number,
      number,
    ];
    const lr = this.options.optimizer.learningRate(this.step);
    const step = this.step + 1;
    if (count === 0) {
      throw new AttuneError('NO_TARGETS', `Step ${step}: no target of its batches carries loss.`, {
        fix: 'Look at the loss mask and ignoreIndex of the data.',
      });
    }
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
      throw new AttuneError(
        'NON_FINITE',
        `Step ${step}: the loss is ${loss} and the gradient's norm ${gradNorm}.`,
        {
          fix: `Lower the learning rate (now ${lr}), or clip gradients (gradClip); continue from an earlier checkpoint.`,
          data: { step, loss, gradNorm },
        },
      );
    }
    this.step = step;
    this.tokens += count;
    const stepMs = now() - started;
    const { data, gradientAccumulationSteps } = this.options;
    const epoch = data.batchesPerEpoch ? (step * gradientAccumulationSteps) / data.batchesPerEpoch : 0;
    return {
      step,
      epoch,
      loss,
      lr,
      gradNorm,
      tokens: this.tokens,
      tokensPerSecond: (count / stepMs) * 1000,
      stepMs,
    };
  }

  async evaluate(data: Dataset, batches?: number): Promise<EvaluationMetrics> {
    const { model, loss } = this.options;
    const { programs } = await this.session();
    return evaluateWith(programs, { model, loss, data, batches });
  }

  async checkpoint(): Promise<Checkpoint> {
    const { training } = await this.session();
    const { step, tokens, seed } = this;
    const data = this.options.data.state();
    return {
      step,
      tokens,
      seed,
      data,
      parameters: await training.read(Object.keys(parameterSpecs(this.options.model))),
      optimizer: await training.read(Object.keys(slotSpecs(this.options))),
    };
  }

  async restore({ step, tokens, seed, parameters, optimizer, data }: Checkpoint): Promise<void> {
    const values = {
      ...expectTensors('weights', parameterSpecs(this.options.model), parameters),
      ...expectTensors('optimizer tensors', slotSpecs(this.options), optimizer),
    };
    const { training } = await this.session();
    this.options.data.restore(data);
    await training.write(values);
    this.step = step;
    this.tokens = tokens;
    this.seed = seed;
  }

  /**
   * Replaces the parameters, e.g. by pretrained ones. The optimizer's state stays.
   *
   * @throws AttuneError CHECKPOINT_MISMATCH if one is missing or of another shape.
   */
  async loadParameters(tensors: HostTensors): Promise<void> {
    const values = expectTensors('weights', parameterSpecs(this.options.model), tensors);
    await (await this.session()).parameters.write(values);
  }

  async dispose(): Promise<void> {
    const session = await this.opened;
    this.opened = undefined;
    await session?.dispose();
  }
}
