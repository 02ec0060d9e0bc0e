import { memoryTensors } from '@attune/formats';
import { lowerSymbolic } from '@attune/lowering-onnx';
import { gpt2, llama, type LanguageModel } from '@attune/nn';
import { decoderLengths, decoderProgram, wideFeeds } from './decoder-program.js';
import { randomWeights } from './testing/tiny.js';
import { WeightReader } from './weights/weight-reader.js';

const sizes = { vocabSize: 13, blockSize: 16, nHead: 4, nEmbd: 16 };

/** How often each operator is in the graph of a model. */
function operators(model: LanguageModel): Record<string, number> {
  const weights = new WeightReader(model, memoryTensors(randomWeights(model)), 'f32');
  const { nodes } = lowerSymbolic((lengths) => decoderProgram(model, lengths), {
    lengths: decoderLengths,
    weightOf: (name) => weights.weight(name),
    wideFeeds,
  });
  const counts: Record<string, number> = {};
  for (const { op } of nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

/** The nodes that one more layer adds: without those that all layers share, such as masks and shapes. */
function ofOneLayer(modelOf: (nLayer: number) => LanguageModel): Record<string, number> {
  const [one, two] = [1, 2].map((nLayer) => operators(modelOf(nLayer))) as [
    Record<string, number>,
    Record<string, number>,
  ];
  return Object.fromEntries(
    Object.entries(two).flatMap(([op, count]) => (count === one[op] ? [] : [[op, count - (one[op] ?? 0)]])),
  );
}

// Every node more is a layer that is slower, in every model. Weights are turned beforehand: a Transpose is of heads.
test('a layer of a GPT-2 has no more nodes than it needs', () => {
  expect(ofOneLayer((nLayer) => gpt2({ ...sizes, nLayer, bias: false, activation: 'gelu_new' }))).toEqual({
    ...{ LayerNormalization: 2, MatMul: 6, Split: 1, Softmax: 1, Transpose: 5, Reshape: 4, Concat: 2 },
    // Residuals, the mask and, with what follows, GELU.
    ...{ Add: 5, Mul: 5, Pow: 1, Tanh: 1 },
  });
});

test("a layer of Llama's kind has no more nodes than it needs, however many heads share keys", () => {
  expect(ofOneLayer((nLayer) => llama({ ...sizes, nLayer, nKvHead: 2, intermediateSize: 24 }))).toEqual({
    ...{ MatMul: 9, Softmax: 1, Transpose: 5, Reshape: 8, Sigmoid: 1 },
    // Two norms.
    ...{ Pow: 2, ReduceMean: 2, Sqrt: 2, Div: 2 },
    // Two rotations, and the cache.
    ...{ Split: 2, Sub: 2, Concat: 4 },
    ...{ Add: 7, Mul: 13 },
  });
});
