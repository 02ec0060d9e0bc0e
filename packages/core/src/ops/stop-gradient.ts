import { expectInputs } from '../tensor/checks.js';
import { defineComposite } from './define.js';

/**
 * The tensor itself, through which no gradient flows: what is computed from parameters, but taken as a constant.
 * It means something to the differentiation only: no engine has it.
 *
 * Source: `torch.Tensor.detach`.
 */
export const stopGradient = defineComposite('stopGradient', (_g, [x]) => x, {
  check: (inputs) => expectInputs('stopGradient', inputs, ['f32']),
  grad: () => [undefined],
});
