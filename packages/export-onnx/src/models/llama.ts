import type { SymbolicValue } from '@attune/lowering-onnx';
import type { LlamaConfig } from '@attune/nn';
import type { DecoderWriter } from '../decoder/decoder-writer.js';
import { declareInputs, declareOutputs, type CacheShape, type KeyValue } from '../decoder/inputs.js';
import { visibility } from '../decoder/visible.js';
import { silu } from '../layers/activation.js';
import { attention } from '../layers/attention.js';
import { linear, tiedHead } from '../layers/linear.js';
import { rmsNorm } from '../layers/normalization.js';
import { rotate, rotation } from '../layers/rotary.js';

/** Writes a decoder of Llama's kind, from parameters by the names that `@attune/nn` gives them. */
export function writeLlama(w: DecoderWriter, config: LlamaConfig): void {
  const { vocabSize, nLayer, nHead, nKvHead, headDim, nEmbd, intermediateSize } = config;
  const { rmsNormEpsilon: epsilon, attentionBias, mlpBias, qkNorm, slidingWindow } = config;
  const cache: CacheShape = { layers: nLayer, heads: nKvHead, width: headDim };
  const heads = { queries: nHead, keys: nKvHead, width: headDim };
  const inputs = declareInputs(w, cache);
  const windowed = (layer: number) => slidingWindow?.layers.includes(layer) ?? false;
  const [all, latest] = w.within('visible', () => [
    visibility(w, inputs),
    slidingWindow ? visibility(w, inputs, slidingWindow.size) : undefined,
  ]);
  const rotary = w.within('rotary', () => rotation(w, inputs.positionIds, config.rope, headDim));
  const norm = (x: SymbolicValue, path: string) => rmsNorm(w, x, path, { width: nEmbd, epsilon });
  const project = (x: SymbolicValue, path: string, inputs: number, outputs: number, bias: boolean) =>
    linear(w, x, path, { inputs, outputs, bias, layout: 'out-in' });

  const attend = (x: SymbolicValue, path: string, past: KeyValue, layer: number) => {
    const hasBias = attentionBias !== 'none';
    const part = (name: string, count: number) =>
      w.reshape(project(x, `${path}.${name}_proj`, nEmbd, count * headDim, hasBias), [0, 0, count, headDim]);
    const normed = (rows: SymbolicValue, name: string) =>
      qkNorm ? rmsNorm(w, rows, `${path}.${name}_norm`, { width: headDim, epsilon }) : rows;
    const turned = (name: string, count: number) =>
      rotate(w, w.transpose(normed(part(name, count), name), [0, 2, 1, 3]), rotary, headDim);
    const { output, present } = attention(
      w,
      {
        query: turned('q', nHead),
        key: turned('k', nKvHead),
        value: w.transpose(part('v', nKvHead), [0, 2, 1, 3]),
      },
      past,
      windowed(layer) ? latest! : all!,
      heads,
    );
    return {
      output: project(output, `${path}.o_proj`, nHead * headDim, nEmbd, attentionBias === 'all'),
      present,
    };
  };
  const mlp = (x: SymbolicValue, path: string) => {
    const gate = silu(w, project(x, `${path}.gate_proj`, nEmbd, intermediateSize, mlpBias));
    const up = project(x, `${path}.up_proj`, nEmbd, intermediateSize, mlpBias);
    return project(w.mul(gate, up), `${path}.down_proj`, intermediateSize, nEmbd, mlpBias);
  };

  const present: KeyValue[] = [];
  const table = 'model.embed_tokens.weight';
  let hidden = w.rows(table, [vocabSize, nEmbd], inputs.inputIds);
  inputs.past.forEach((past, layer) => {
    const path = `model.layers.${layer}`;
    w.within(`layers.${layer}`, () => {
      const attended = w.within('self_attn', () =>
        attend(norm(hidden, `${path}.input_layernorm`), `${path}.self_attn`, past, layer),
      );
      present.push(attended.present);
      hidden = w.add(hidden, attended.output);
      const normal = norm(hidden, `${path}.post_attention_layernorm`);
      hidden = w.add(
        hidden,
        w.within('mlp', () => mlp(normal, `${path}.mlp`)),
      );
    });
  });
  const logits = w.within('head', () => {
    const normal = norm(hidden, 'model.norm');
    return config.tieEmbeddings
      ? tiedHead(w, normal, table, [vocabSize, nEmbd])
      : project(normal, 'lm_head', nEmbd, vocabSize, false);
  });
  declareOutputs(w, logits, vocabSize, present, cache);
}
