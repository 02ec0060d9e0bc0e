import {
  GraphBuilder,
  hostTensor,
  scalar,
  type HostTensor,
  type Optimizer,
  type Parameter,
} from '@attune/core';
import { adamW, fill, sgd } from '@attune/nn';
import { expectAgreement } from '../../assertions/close.js';
import { loadCase, loadTensors } from '../../fixtures/fixtures.js';
import { testPrograms, withCompiled, withState, type SuiteContext } from '../shared/context.js';

interface AdamWFixture {
  readonly learningRates: readonly number[];
  readonly optimizers: Readonly<
    Record<string, { beta1: number; beta2: number; eps: number; weightDecay: number; momentum: number }>
  >;
}

const parameter: Parameter = { name: 'param', shape: [3, 5], dtype: 'f32', trainable: true, init: fill(0) };

/** One update of the parameter: feeds the gradient and the optimizer's scalars, updates parameter and slots. */
function updateProgram(optimizer: Optimizer) {
  const g = new GraphBuilder(`update by ${optimizer.name}`);
  const grad = g.feed('grad', parameter);
  const scalars = Object.keys(optimizer.scalars(0)).map(
    (name) => [name, g.feed(name, { shape: [], dtype: 'f32' })] as const,
  );
  const slots = Object.entries(optimizer.slots(parameter)).map(
    ([name, spec]) => [name, g.state(name, spec)] as const,
  );
  const updated = optimizer.update(
    g,
    parameter,
    g.state(parameter.name, parameter),
    grad,
    Object.fromEntries(slots),
    Object.fromEntries(scalars),
  );
  g.update(parameter.name, updated.value);
  for (const [name, value] of Object.entries(updated.slots)) g.update(name, value);
  return g.build();
}

/** Step `i` of a tensor that holds all steps. */
function stepOf(tensor: HostTensor, i: number): HostTensor {
  return hostTensor('f32', [3, 5], tensor.data.slice(i * 15, (i + 1) * 15) as Float32Array);
}

/** Five steps of nn's optimizers on given gradients, with a learning rate that changes, against PyTorch's. */
export function describePyTorchOptimizers(context: SuiteContext): void {
  const { backend, fixtures, runner } = context;
  const make: Readonly<
    Record<string, (o: AdamWFixture['optimizers'][string], rate: (i: number) => number) => Optimizer>
  > = {
    adamw: ({ eps, ...rest }, learningRate) => adamW({ ...rest, epsilon: eps, learningRate }),
    adamw_no_decay: ({ eps, ...rest }, learningRate) => adamW({ ...rest, epsilon: eps, learningRate }),
    sgd: ({ momentum }, learningRate) => sgd({ momentum, learningRate }),
  };
  runner.describe('PyTorch: optimizers', () => {
    for (const [name, optimizerOf] of Object.entries(make)) {
      const sample = optimizerOf(
        { beta1: 0.9, beta2: 0.9, eps: 1, weightDecay: 0.1, momentum: 0.9 },
        () => 1,
      );
      testPrograms(context, `${name}: five steps`, [updateProgram(sample)], async () => {
        const { learningRates, optimizers } = await loadCase<AdamWFixture>(fixtures, 'adamw');
        const tensors = await loadTensors(fixtures, 'adamw/tensors.safetensors');
        const optimizer = optimizerOf(optimizers[name]!, (i) => learningRates[i]!);
        const spec = { [parameter.name]: parameter, ...optimizer.slots(parameter) };
        await withState(backend, spec, (state) =>
          withCompiled(backend, state, [updateProgram(optimizer)], async (run) => {
            await state.write({ param: tensors['param']! });
            for (let i = 0; i < learningRates.length; i++) {
              const scalars = Object.entries(optimizer.scalars(i)).map(([key, value]) => [
                key,
                scalar(value),
              ]);
              await run!.run({ grad: stepOf(tensors['grad']!, i), ...Object.fromEntries(scalars) });
              for (const [key, actual] of Object.entries(await state.read())) {
                const expected = tensors[`${name}.${key.replace('.param', '')}`]!;
                expectAgreement(actual, stepOf(expected, i), 0, `${key} after step ${i + 1}`);
              }
            }
          }),
        );
      });
    }
  });
}
