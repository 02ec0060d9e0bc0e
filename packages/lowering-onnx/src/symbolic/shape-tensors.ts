import type { NodeAttributes } from '../writer/attributes.js';
import type { Initializer, OnnxGraph, OnnxNode } from '../writer/graph.js';
import type { Product } from './lengths.js';

/** Lists of int64 that a model computes from the lengths of its inputs. */
export class ShapeTensors {
  readonly nodes: OnnxNode[] = [];
  readonly initializers = new Map<number, Initializer>();
  private readonly known = new Map<string, number>();
  private next: number;

  /** @param places where each length can be read off. */
  constructor(
    { nodes, initializers, inputs }: OnnxGraph,
    private readonly places: ReadonlyMap<string, { readonly id: number; readonly axis: number }>,
  ) {
    const ids = [
      ...nodes.flatMap(({ outputs }) => outputs.map(({ id }) => id)),
      ...initializers.keys(),
      ...inputs.map(({ id }) => id),
    ];
    this.next = ids.reduce((max, id) => Math.max(max, id), -1) + 1;
  }

  /** A list that is the same in every run. */
  ints(values: readonly number[]): number {
    return this.once(`ints ${values.join()}`, (id) => this.initializers.set(id, { kind: 'ints', values }));
  }

  /** A list of numbers and products of lengths. @returns its id. */
  list(entries: readonly (number | Product)[]): number {
    const pieces: number[] = [];
    for (let i = 0; i < entries.length;) {
      const entry = entries[i]!;
      if (typeof entry !== 'number') {
        pieces.push(this.product(entry));
        i++;
        continue;
      }
      const rest = entries.slice(i).findIndex((other) => typeof other !== 'number');
      const run = entries.slice(i, rest < 0 ? undefined : i + rest) as number[];
      pieces.push(this.ints(run));
      i += run.length;
    }
    return pieces.length === 1 ? pieces[0]! : this.node('Concat', pieces, { axis: { int: 0 } });
  }

  private product({ factor, names }: Product): number {
    const lengths = names.map((name) => this.length(name));
    const whole = lengths.reduce((a, b) => this.node('Mul', [a, b]));
    return factor === 1 ? whole : this.node('Mul', [whole, this.ints([factor])]);
  }

  private length(name: string): number {
    const { id, axis } = this.places.get(name)!;
    return this.node('Shape', [id], { start: { int: axis }, end: { int: axis + 1 } });
  }

  private node(op: string, inputs: readonly number[], attributes: NodeAttributes = {}): number {
    return this.once(JSON.stringify([op, inputs, attributes]), (id) =>
      this.nodes.push({ op, domain: '', inputs, outputs: [{ id, shape: [], dtype: 'i32' }], attributes }),
    );
  }

  private once(key: string, write: (id: number) => void): number {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const id = this.next++;
    this.known.set(key, id);
    write(id);
    return id;
  }
}
