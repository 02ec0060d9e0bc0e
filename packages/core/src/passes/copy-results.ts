import type { GraphBuilder } from '../builder/builder.js';
import type { Tensor } from '../graph/tensor.js';
import type { Program, ValueId } from '../program/program.js';

/**
 * Gives a graph the outputs, the guard and the updates of a program.
 *
 * @param valueOf the tensor of the graph that stands for a value of the program.
 * @param isDropped True for an update that falls away. Default: none does.
 */
export function copyResults(
  g: GraphBuilder,
  program: Program,
  valueOf: (id: ValueId) => Tensor,
  isDropped: (name: string) => boolean = () => false,
): void {
  for (const [name, id] of Object.entries(program.outputs)) {
    if (name === program.guard) g.guard(name, valueOf(id));
    else g.output(name, valueOf(id));
  }
  for (const [name, id] of Object.entries(program.updates)) if (!isDropped(name)) g.update(name, valueOf(id));
}
