import type { Gpt2Config } from '@attune/nn';
import type { SymbolicValue } from '@attune/lowering-onnx';
import type { DecoderWriter } from '../decoder/decoder-writer.js';
import { declareInputs, declareOutputs, type CacheShape, type KeyValue } from '../decoder/inputs.js';
import { visibility } from '../decoder/visible.js';
import { gelu, geluTanh } from '../layers/activation.js';
import { attention, splitHeads } from '../layers/attention.js';
import { linear, tiedHead } from '../layers/linear.js';
import { layerNorm } from '../layers/normalization.js';

/** Writes GPT-2, from parameters by the names that `@attune/nn` gives them. */
export function writeGpt2(w: DecoderWriter, config: Gpt2Config): void {
  const { vocabSize, blockSize, nLayer, nHead, nEmbd, bias, layerNormEpsilon: epsilon } = config;
  const cache: CacheShape = { layers: nLayer, heads: nHead, width: nEmbd / nHead };
  const heads = { queries: nHead, keys: nHead, width: cache.width };
  const inputs = declareInputs(w, cache);
  const visible = w.within('visible', () => visibility(w, inputs));
  const norm = (x: SymbolicValue, path: string) => layerNorm(w, x, path, { width: nEmbd, bias, epsilon });
  const project = (x: SymbolicValue, path: string, inputs: number, outputs: number) =>
    linear(w, x, path, { inputs, outputs, bias, layout: 'in-out' });

  const attend = (x: SymbolicValue, path: string, past: KeyValue) => {
    const qkv = project(x, `${path}.c_attn`, nEmbd, 3 * nEmbd);
    const [query, key, value] = w
      .parts(qkv, [nEmbd, nEmbd, nEmbd])
      .map((part) => splitHeads(w, part, nHead, cache.width)) as [
      SymbolicValue,
      SymbolicValue,
      SymbolicValue,
    ];
    const { output, present } = attention(w, { query, key, value }, past, visible, heads);
    return { output: project(output, `${path}.c_proj`, nEmbd, nEmbd), present };
  };
  const mlp = (x: SymbolicValue, path: string) => {
    const activation = config.activation === 'gelu' ? gelu : geluTanh;
    const inner = activation(w, project(x, `${path}.c_fc`, nEmbd, 4 * nEmbd));
    return project(inner, `${path}.c_proj`, 4 * nEmbd, nEmbd);
  };

  const present: KeyValue[] = [];
  const root = 'transformer';
  let hidden = w.add(
    w.rows(`${root}.wte.weight`, [vocabSize, nEmbd], inputs.inputIds),
    w.rows(`${root}.wpe.weight`, [blockSize, nEmbd], inputs.positionIds),
  );
  inputs.past.forEach((past, layer) => {
    const path = `${root}.h.${layer}`;
    w.within(`h.${layer}`, () => {
      const attended = w.within('attn', () => attend(norm(hidden, `${path}.ln_1`), `${path}.attn`, past));
      present.push(attended.present);
      hidden = w.add(hidden, attended.output);
      hidden = w.add(
        hidden,
        w.within('mlp', () => mlp(norm(hidden, `${path}.ln_2`), `${path}.mlp`)),
      );
    });
  });
  const logits = w.within('head', () =>
    config.tieEmbeddings === false
      ? linear(w, norm(hidden, `${root}.ln_f`), 'lm_head', {
          ...{ inputs: nEmbd, outputs: vocabSize },
          ...{ bias: false, layout: 'out-in' },
        })
      : tiedHead(w, norm(hidden, `${root}.ln_f`), `${root}.wte.weight`, [vocabSize, nEmbd]),
  );
  declareOutputs(w, logits, vocabSize, present, cache);
}
