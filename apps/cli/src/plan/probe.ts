import { hostTensor, Random, type Backend, type Batch, type Dataset } from '@attune/core';
import { adamW, crossEntropy, gpt2 } from '@attune/nn';
import { workOfStep } from '@attune/runs';
import { Trainer } from '@attune/train';

const VOCABULARY = 128;

/** Models from small to larger: an interpreter is done with the first, native kernels do not show their speed before the last. */
const SIZES = [
  { nEmbd: 32, blockSize: 16 },
  { nEmbd: 64, blockSize: 32 },
  { nEmbd: 128, blockSize: 64 },
  { nEmbd: 384, blockSize: 128 },
  { nEmbd: 768, blockSize: 256 },
] as const;

/** A size is told from the smallest when its steps take so many times as long, and so much longer. */
const TIMES_AS_LONG = 3;
const MS_LONGER = 50;

/** A size is tried for so long. */
const TRIAL_MS = 400;

/** Rows of random tokens, without end. */
function randomRows(blockSize: number): Dataset {
  const spec = { shape: [1, blockSize], dtype: 'i32' } as const;
  const random = new Random(1, 0);
  const field = () =>
    hostTensor(
      'i32',
      spec.shape,
      Int32Array.from({ length: blockSize }, () => random.uint32() % VOCABULARY),
    );
  return {
    spec: { x: spec, y: spec },
    state: () => ({}),
    restore: () => undefined,
    async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
      for (;;) yield { x: field(), y: field() };
    },
  };
}

/** The time and the arithmetic of a step of one size. */
async function trial(backend: Backend, { nEmbd, blockSize }: (typeof SIZES)[number]) {
  const model = gpt2({ vocabSize: VOCABULARY, blockSize, nLayer: 2, nHead: 2, nEmbd, dropout: 0 });
  const data = randomRows(blockSize);
  const optimizer = adamW({ learningRate: 1e-3 });
  const trainer = new Trainer({ backend, model: model.train(), loss: crossEntropy(), optimizer, data });
  try {
    const times: number[] = [];
    const begun = performance.now();
    for await (const { stepMs } of trainer.fit({ maxIters: 20 })) {
      times.push(stepMs);
      if (performance.now() - begun > TRIAL_MS) break;
    }
    // The fastest: the first steps compile, and other work on the machine disturbs such short ones.
    const stepMs = Math.min(...times);
    return { stepMs, work: workOfStep(trainer.plan(), 1) };
  } finally {
    await trainer.dispose();
  }
}

/** The time and the arithmetic of a step of the smallest model. Code, stacks and scratch memory that every run has are there then. */
export const firstTrial = (backend: Backend) => trial(backend, SIZES[0]);

/**
 * The speed of a backend on this machine, in arithmetic a millisecond, from steps of small models: two seconds at most. What a
 * step costs whatever it computes is not counted. Times that are estimated by it are rough.
 */
export async function probeRate(
  backend: Backend,
  first: Awaited<ReturnType<typeof firstTrial>>,
): Promise<number> {
  let rate = first.work / first.stepMs;
  for (const size of SIZES.slice(1)) {
    const { stepMs, work } = await trial(backend, size);
    const longer = stepMs - first.stepMs;
    if (longer > 0) rate = (work - first.work) / longer;
    if (longer > MS_LONGER && stepMs > TIMES_AS_LONG * first.stepMs) break;
  }
  return rate;
}
