import { expectInputs } from './checks.js';
import { defineOp } from './define-op.js';

/**
 * The tensor itself, through which no gradient flows: what is computed from parameters, but taken as a constant.
 *
 * Source: `torch.Tensor.detach`.
 */
export const stopGradient = defineOp({
  name: 'stopGradient',
  infer: (inputs) => {
    expectInputs('stopGradient', inputs, ['f32']);
    return [inputs[0]!];
  },
  grad: () => [undefined],
  // It means something to the differentiation only: engines never see it.
  decompose: (_g, [x]) => [x!],
  reference: ([x], _attrs, allocate) => {
    const out = allocate(x!);
    out.data.set(x!.data);
    return [out];
  },
});
