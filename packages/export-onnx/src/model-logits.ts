import {
  GraphBuilder,
  hostTensor,
  Random,
  type Backend,
  type CausalLmConfig,
  type CausalLm,
  type State,
} from '@attune/core';

/** A model's logits for some tokens, with which its export is compared. */
export interface ExpectedLogits {
  /** Texts of one length. */
  readonly tokens: readonly (readonly number[])[];
  /** `f32[B, T, V]`: after each token. */
  readonly logits: Float32Array;
  readonly vocabSize: number;
}

/** Three texts of a few random tokens: enough to tell models apart. */
export function probeTexts({ vocabSize, blockSize }: CausalLmConfig): readonly (readonly number[])[] {
  const random = new Random(1337);
  const length = Math.min(12, blockSize);
  return Array.from({ length: 3 }, () => Array.from({ length }, () => random.integer(vocabSize)));
}

/** The logits of a model that is on a device. */
export async function modelLogits(
  { backend, model, state }: { readonly backend: Backend; readonly model: CausalLm; readonly state: State },
  tokens: readonly (readonly number[])[],
): Promise<ExpectedLogits> {
  const shape = [tokens.length, tokens[0]!.length];
  const g = new GraphBuilder('logits');
  const mode = 'eval';
  const x = g.feed('x', { shape, dtype: 'i32' });
  g.output('logits', model.head(g, model.hiddenStates(g, { x }, { mode }), { mode }));
  const program = await backend.compile(g.build(), state);
  try {
    const { logits } = await program.run({ x: hostTensor('i32', shape, tokens.flat()) });
    return { tokens, logits: logits!.data as Float32Array, vocabSize: model.config.vocabSize };
  } finally {
    program.dispose();
  }
}
