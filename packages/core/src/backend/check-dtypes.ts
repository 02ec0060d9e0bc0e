import { AttuneError } from '../errors/index.js';
import { formatSpec, isStorage, type TensorSpec } from '../tensor/index.js';
import type { Engine } from './engine.js';

/** An engine, as far as this has to do with it. */
type DTypesOf = Pick<Engine<unknown>, 'name' | 'capabilities'>;

/**
 * Checks that an engine has the dtypes of tensors.
 *
 * @param subject for messages: `The State`, `Program "train"`.
 * @param tensors each with its name, for messages.
 * @throws AttuneError DTYPE_MISMATCH that names every tensor at fault.
 */
export function checkDTypes(
  { name: backend, capabilities: { dtypes } }: DTypesOf,
  subject: string,
  tensors: Iterable<readonly [name: string, spec: TensorSpec]>,
): void {
  const faults = [...tensors].filter(([, { dtype }]) => !dtypes.includes(dtype));
  if (faults.length === 0) return;
  const lacking = [...new Set(faults.map(([, { dtype }]) => dtype))];
  const named = faults.slice(0, 5).map(([name, spec]) => `${name} is ${formatSpec(spec)}`);
  const more = faults.length > named.length ? `, and ${faults.length - named.length} more` : '';
  throw new AttuneError(
    'DTYPE_MISMATCH',
    `${subject} has tensors that backend "${backend}" cannot hold: it lacks ${lacking.join(', ')}. ` +
      `${named.join(', ')}${more}.`,
    {
      fix: lacking.every(isStorage)
        ? 'Keep the weights in f32, or choose another backend: cpu and wasm on their own engine, or reference.'
        : 'Choose another backend, e.g. --backend reference.',
      data: { lacking, dtypes },
    },
  );
}
