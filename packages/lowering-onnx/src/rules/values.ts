import { zeros, sizeOf, type HostTensor, type Shape, type TensorSpec } from '@attune/core';
import type { GraphWriter, OnnxValue } from '../writer/graph-writer.js';

/**
 * A value of the program that is written to the graph when it is first needed, because what reads it may take less than
 * the whole, or do its work along with its own.
 */
export abstract class Deferred {
  private written?: OnnxValue;

  constructor(readonly spec: TensorSpec) {}

  /** The value itself. Written once, however many read it. */
  force(): OnnxValue {
    return (this.written ??= this.write());
  }

  protected abstract write(): OnnxValue;
}

/** A value that a rule returns for each output of a node. */
export type LoweredValue = OnnxValue | Deferred;

/** The value as any node can read it. */
export function force(value: LoweredValue): OnnxValue {
  return value instanceof Deferred ? value.force() : value;
}

/** Shape and dtype, without writing the value. */
export function specOf(value: LoweredValue): TensorSpec {
  return value instanceof Deferred ? value.spec : value;
}

/** Equal elements above this number are stretched in the run, not stored in the model. */
const STORED = 256;

/** The same in every run. */
export class Constant extends Deferred {
  constructor(
    private readonly writer: GraphWriter,
    spec: TensorSpec,
    private readonly compute: () => HostTensor,
    /** The value of all elements, where they are the same. */
    readonly fill?: number,
  ) {
    super(spec);
  }

  static filled(writer: GraphWriter, spec: TensorSpec, fill: number): Constant {
    const compute = () => {
      const tensor = zeros(spec);
      tensor.data.fill(fill);
      return tensor;
    };
    return new Constant(writer, spec, compute, fill);
  }

  protected write(): OnnxValue {
    const { shape } = this.spec;
    if (this.fill === undefined || sizeOf(shape) <= STORED) return this.writer.constant(this.compute());
    return this.writer.apply('Expand', [this.scalar(), this.writer.ints(shape)], this.spec);
  }

  /** The one number that every element is. */
  scalar(): OnnxValue {
    return this.writer.scalar(this.fill!, this.spec.dtype);
  }
}

/** A deferred value that holds on to what it is made of, for rules to look at. */
abstract class Composed extends Deferred {
  constructor(
    spec: TensorSpec,
    protected override readonly write: () => OnnxValue,
  ) {
    super(spec);
  }
}

/** A tensor stretched to a bigger shape. Elementwise nodes stretch it themselves. */
export class Stretched extends Composed {
  constructor(
    spec: TensorSpec,
    readonly base: LoweredValue,
    write: () => OnnxValue,
  ) {
    super(spec, write);
  }
}

/** A tensor times a scalar that the run computes. Sums of squares and AdamW apply the scalar on their own. */
export class Scaled extends Composed {
  constructor(
    readonly base: OnnxValue,
    readonly factor: () => OnnxValue,
    write: () => OnnxValue,
  ) {
    super(base, write);
  }
}

/** A tensor times itself. */
export class Square extends Composed {
  constructor(
    readonly of: LoweredValue,
    write: () => OnnxValue,
  ) {
    super(specOf(of), write);
  }
}

/** The sum of the squares of several tensors. Of another one, or of several, it is a longer list. */
export class SquaredNorm extends Composed {
  constructor(
    readonly of: readonly LoweredValue[],
    write: () => OnnxValue,
  ) {
    super({ shape: [], dtype: 'f32' }, write);
  }
}

/** Rows added into a table of zeros. An addition adds them to its other operand instead. */
export class ScatteredRows extends Composed {
  constructor(
    spec: TensorSpec,
    readonly addTo: (table: OnnxValue) => OnnxValue,
    write: () => OnnxValue,
  ) {
    super(spec, write);
  }
}

interface Part {
  readonly start: number;
  readonly value: OnnxValue;
}

/** Tensors side by side along one axis, zeros between them: what padded slices add up to. */
export class Segments extends Deferred {
  constructor(
    private readonly writer: GraphWriter,
    spec: TensorSpec,
    private readonly axis: number,
    /** In order, and apart from each other. */
    private readonly parts: readonly Part[],
  ) {
    super(spec);
  }

  /** The sum of both, if they do not overlap. */
  join(other: Segments): Segments | undefined {
    if (other.axis !== this.axis) return undefined;
    const parts = [...this.parts, ...other.parts].sort((a, b) => a.start - b.start);
    const apart = parts.every((part, i) => i === 0 || this.end(parts[i - 1]!) <= part.start);
    return apart ? new Segments(this.writer, this.spec, this.axis, parts) : undefined;
  }

  private end({ start, value }: Part): number {
    return start + value.shape[this.axis]!;
  }

  protected write(): OnnxValue {
    return this.parts.length === 1 ? this.pad(this.parts[0]!) : this.concat();
  }

  private pad(part: Part): OnnxValue {
    const { shape } = this.spec;
    const before = shape.map((_, i) => (i === this.axis ? part.start : 0));
    const after = shape.map((length, i) => (i === this.axis ? length - this.end(part) : 0));
    return this.writer.apply('Pad', [part.value, this.writer.ints([...before, ...after])], this.spec);
  }

  private concat(): OnnxValue {
    const { shape, dtype } = this.spec;
    const along = (length: number): Shape => shape.map((own, i) => (i === this.axis ? length : own));
    const pieces: OnnxValue[] = [];
    let end = 0;
    const zerosUpTo = (start: number) => {
      if (start === end) return;
      pieces.push(Constant.filled(this.writer, { shape: along(start - end), dtype }, 0).force());
    };
    for (const part of this.parts) {
      zerosUpTo(part.start);
      pieces.push(part.value);
      end = this.end(part);
    }
    zerosUpTo(shape[this.axis]!);
    return this.writer.apply('Concat', pieces, this.spec, { axis: { int: this.axis } });
  }
}
