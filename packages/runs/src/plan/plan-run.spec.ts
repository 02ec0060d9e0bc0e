import { backend as reference } from '@attune/backend-reference';
import { engineBackend, isAttuneError, opNames, type Backend, type HostTensor } from '@attune/core';
import { prepareText, writeTokenFolder } from '@attune/data';
import { applyLora, freezeParameters, gpt2, lowerLayers, storeFrozen } from '@attune/nn';
import { pretrain } from '../tasks/pretrain/pretrain.js';
import { memoryRunHost } from '../testing/memory-host.js';
import { sameRowsPerStep } from './micro-batch.js';
import { planParameters } from './parameters.js';
import { planRun, type PlannedRun } from './plan-run.js';
import { nodesOfStep } from './step-phases.js';

const SETTINGS = {
  ...{ data: 'data', backend: 'reference', maxIters: 4, batchSize: 4, blockSize: 8 },
  ...{ nLayer: 2, nHead: 1, nEmbd: 8, sampleTokens: 4 },
};

/** A backend that lacks ops, and compiles nothing that it has. */
function backendWithout(lacking: readonly string[]): Backend {
  return engineBackend<HostTensor>({
    name: 'partial',
    device: { kind: 'cpu', description: 'a test' },
    capabilities: {
      ...{
        dtypes: ['f32', 'i32', 'bool'],
        unsupported: { erf: 'not here' },
        precision: 'f32',
        deterministic: true,
      },
      native: opNames.filter((op) => !lacking.includes(op)),
    },
    ...{
      upload: (tensor) => tensor,
      download: (tensor) => tensor,
      free: () => undefined,
      dispose: () => undefined,
    },
    memory: () => ({ bytes: 0, buffers: 0 }),
    build: () => {
      throw new Error('It has all ops.');
    },
  });
}

/** A backend on which nothing may be allocated or compiled. */
async function untouchable(): Promise<Backend> {
  const { name, device, capabilities, ...backend } = await reference.create({});
  const refuse = async () => {
    throw new Error('A plan allocates nothing.');
  };
  return { ...backend, name, device, capabilities, allocate: refuse, compile: refuse };
}

async function plan<T>(given: object, look: (planned: PlannedRun, backend: Backend) => T, backend?: Backend) {
  const host = memoryRunHost(backend ?? (await untouchable()));
  const text = await prepareText('the cat sat on the mat. '.repeat(600), { tokenizer: 'char' });
  await writeTokenFolder(host.folder('data'), text);
  const config = pretrain.config({ ...SETTINGS, ...given });
  const before = await host.disk.list();
  const found = await planRun(pretrain, { config }, host, async (planned, on) => look(planned, on));
  // Nothing was written, either.
  expect(await host.disk.list()).toEqual(before);
  return found;
}

describe('parameters', () => {
  // transformers counts 124,439,808 for GPT-2, and peft 294,912 for adapters of rank 8 on c_attn.
  const large = () => gpt2({ vocabSize: 50257, blockSize: 1024 });

  test('of GPT-2, all trained', async () => {
    const sizes = { vocabSize: 50257, blockSize: 1024, nLayer: 12, nHead: 12, nEmbd: 768, bias: true };
    const data = { batchSize: 1, tieEmbeddings: true };
    // As the data is, rows of 1,024 tokens: nothing of them, or of 498 MB of weights, is made.
    const { trained, frozen } = await plan({ ...sizes, ...data }, ({ parameters }) => parameters);
    expect(trained).toMatchObject({ count: 124_439_808, bytes: 497_759_232 });
    expect(frozen).toMatchObject({ count: 0, bytes: 0 });
  });

  test('of adapters, over weights in bf16', () => {
    const model = large();
    applyLora(model, { rank: 8, targetModules: ['c_attn'] });
    storeFrozen(model, 'bf16');
    const { trained, frozen } = planParameters(model);
    expect(trained).toEqual({ count: 294_912, bytes: 1_179_648, byStorage: { f32: expect.anything() } });
    expect(frozen.count).toBe(124_439_808);
    // Vectors, of biases and norms, stay in f32: 12 × (768 × 9 + 3,072 + 2 × 768) and the last norm.
    const { bf16, f32 } = frozen.byStorage as Record<string, { count: number; bytes: number }>;
    expect([bf16!.count, f32!.count]).toEqual([124_439_808 - 121_344, 121_344]);
    expect([bf16!.bytes, f32!.bytes]).toEqual([2 * bf16!.count, 4 * f32!.count]);
  });

  test('of the upper layers', () => {
    const model = large();
    freezeParameters(model.parameters, { freeze: lowerLayers(model, 10) });
    // Two blocks of 7,087,872, and the last norm.
    expect(planParameters(model).trained.count).toBe(2 * 7_087_872 + 1536);
  });
});

describe('the ops of a step', () => {
  const natives = async (without: readonly string[]) => {
    const backend = await reference.create({});
    const native = backend.capabilities.native.filter((op) => !without.includes(op));
    return { ...backend, capabilities: { ...backend.capabilities, native, unsupported: { tanh: 'a test' } } };
  };

  test('are each in one phase, with every node of the programs', async () => {
    await plan({ gradientAccumulationSteps: 2 }, ({ session }) => {
      const nodes = nodesOfStep(session);
      const ops = (program: typeof session.microBatch) => program.nodes.filter(({ kind }) => kind === 'op');
      expect(nodes.map(({ node }) => node)).toEqual([
        ...ops(session.microBatch),
        ...ops(session.accumulation!.apply),
      ]);
      const phaseOf = (op: string) => [
        ...new Set(nodes.filter(({ node }) => node.op === op).map(({ phase }) => phase)),
      ];
      expect(phaseOf('softmaxCrossEntropy')).toEqual(['forward']);
      expect(phaseOf('softmaxCrossEntropyGrad')).toEqual(['backward']);
      expect(phaseOf('adamW')).toEqual(['update']);
    });
  });

  test('are composed of what the backend has', async () => {
    const backend = await natives(['gelu', 'geluGrad', 'adamW']);
    await plan({}, (planned) => {
      const composed = planned.on(backend).ops.filter(({ support }) => support !== 'native');
      expect(composed.map(({ op, support }) => [op, support])).toEqual([
        ['gelu', 'composed'],
        ['geluGrad', 'composed'],
        ['adamW', 'composed'],
      ]);
      for (const { composedOf } of composed)
        expect(backend.capabilities.native).toEqual(expect.arrayContaining([...composedOf]));
    });
  });

  test('are missing where compile would refuse them, with its reasons', async () => {
    const backend = backendWithout(['gelu', 'geluGrad', 'erf', 'softmaxCrossEntropy', 'exp']);
    await plan(
      {},
      async (planned) => {
        const { ops, device } = planned.on(backend);
        const lacks = ops.flatMap((one) => (one.support === 'missing' ? one.lacks : []));
        const state = await backend.allocate({ ...planned.session.parameters, ...planned.session.training });
        const error: unknown = await backend
          .compile(planned.session.microBatch, state)
          .catch((thrown: unknown) => thrown);
        if (!isAttuneError(error, 'UNSUPPORTED_OP'))
          throw new Error(`It compiled, or failed otherwise: ${String(error)}`);
        const missing = error.data!['missing'] as string[];
        expect(new Set(lacks.map((text) => text.split(' ')[0]))).toEqual(new Set(missing));
        for (const text of lacks) expect(error.message).toContain(text);
        expect(device).toBeUndefined();
        state.dispose();
      },
      backend,
    );
  });
});

describe('micro-batches', () => {
  test('have the same rows in a step, the largest first, recomputing last', () => {
    const ways = sameRowsPerStep({
      batchSize: 4,
      gradientAccumulationSteps: 3,
      gradientCheckpointing: false,
    });
    expect(
      ways.map((one) => [one.batchSize, one.gradientAccumulationSteps, one.gradientCheckpointing]),
    ).toEqual([
      ...[
        [4, 3, false],
        [3, 4, false],
        [2, 6, false],
        [1, 12, false],
      ],
      ...[
        [4, 3, true],
        [3, 4, true],
        [2, 6, true],
        [1, 12, true],
      ],
    ]);
  });

  test('are as large as fits; where none does, there is none', async () => {
    await plan({}, (planned, backend) => {
      const fitting = (most: number) => planned.fitting(backend, ({ step }) => step <= most);
      const asked = planned.on(backend).device!;
      expect(fitting(asked.step)).toMatchObject({ batchSize: 4, gradientAccumulationSteps: 1 });
      const less = fitting(asked.step - 1)!;
      expect(less.batchSize * less.gradientAccumulationSteps).toBe(4);
      expect(less.device.step).toBeLessThan(asked.step);
      // Several micro-batches accumulate gradients, as large as the parameters, and two sums.
      expect(less.device.optimizer).toBe(asked.optimizer + asked.parameters + 8);
      expect(fitting(0)).toBeUndefined();
    });
  });
});
