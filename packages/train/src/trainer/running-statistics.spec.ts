import { backend as reference } from '@attune/backend-reference';
import { hostTensor, Random, type Backend, type HostTensors } from '@attune/core';
import { adamW, cnn, crossEntropy, freezeParameters } from '@attune/nn';
import { arrayDataset } from '../testing/array-dataset.js';
import { Trainer } from './trainer.js';

let backend: Backend;
beforeAll(async () => {
  backend = await reference.create();
});

/** Random images of two classes, in `batches` batches of four. */
function images(batches: number): HostTensors {
  const random = new Random(1);
  const normal = Float32Array.from({ length: batches * 4 * 16 }, () => random.normal());
  return {
    x: hostTensor('f32', [batches, 4, 1, 4, 4], normal),
    label: hostTensor(
      'i32',
      [batches, 4],
      Int32Array.from({ length: batches * 4 }, () => random.integer(2)),
    ),
  };
}

function trainer(fields = images(6), options: Partial<ConstructorParameters<typeof Trainer>[0]> = {}) {
  const model = cnn({ numLabels: 2, imageSize: 4, channels: [2] });
  const subject = new Trainer({
    ...{ backend, model, loss: crossEntropy({ target: 'label' }), optimizer: adamW({ learningRate: 0.01 }) },
    data: arrayDataset(fields, { repeat: true }),
    ...options,
  });
  return { model, subject };
}

async function train(subject: Trainer, maxIters: number) {
  for await (const _step of subject.fit({ maxIters }));
  return (await subject.checkpoint()).parameters;
}

const statistics = (tensors: HostTensors) =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => name.includes('running_')));

test('move in every step, are part of the checkpoint, and a run that is resumed has the same', async () => {
  const unbroken = await train(trainer().subject, 4);
  const { subject } = trainer();
  await train(subject, 2);
  const checkpoint = await subject.checkpoint();
  expect(statistics(checkpoint.parameters)).not.toEqual(statistics(unbroken));
  const { subject: resumed } = trainer();
  await resumed.restore(checkpoint);
  expect(await train(resumed, 4)).toEqual(unbroken);
});

test('stay where they are in an evaluation, and where the layer is frozen', async () => {
  const { model, subject } = trainer();
  freezeParameters(model.parameters, { freeze: ['features.*'] });
  const before = (await subject.checkpoint()).parameters;
  await subject.evaluate(arrayDataset(images(2)));
  const after = await train(subject, 2);
  const changed = Object.keys(after).filter(
    (name) => String(after[name]!.data) !== String(before[name]!.data),
  );
  expect(changed).toEqual(['classifier.weight', 'classifier.bias']);
});

test.each([1, 2])(
  'a step that is rejected leaves no NaN in them (%i batches a step)',
  async (gradientAccumulationSteps) => {
    const fields = images(2);
    fields['x']!.data[5] = NaN;
    const { subject } = trainer(fields, { gradientAccumulationSteps });
    const before = (await subject.checkpoint()).parameters;
    await expect(train(subject, 1)).rejects.toMatchObject({ code: 'NON_FINITE' });
    const after = (await subject.checkpoint()).parameters;
    for (const { data } of Object.values(after)) expect(data.every(Number.isFinite)).toBe(true);
    // With one batch a step, the step is all or nothing; with several, those before the bad one have been seen.
    if (gradientAccumulationSteps === 1) expect(after).toEqual(before);
  },
);
