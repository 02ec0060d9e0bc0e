import { computeDType, hostArrayTypes, sizeOf, type MemoryUsage, type TensorSpec } from '@attune/core';
import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { tfjsDtype } from './dtypes.js';

/** Tensors a kernel takes: by name, or, where it joins any number of them, as a list. */
export type KernelInputs = Readonly<Record<string, Tensor>> | readonly Tensor[];
type EngineInputs = Parameters<ReturnType<typeof engine>['runKernel']>[1];
type EngineAttributes = Parameters<ReturnType<typeof engine>['runKernel']>[2];

/** Values of a tensor on their way to the device. */
export interface HostValues extends TensorSpec {
  readonly data: ArrayLike<number>;
}

/** Where tfjs backends differ in how tensors come to be. */
export interface KernelHooks {
  /** Copies values to the device, in place of tfjs' own way. */
  readonly upload?: (k: Kernels, values: HostValues) => Tensor;
  /** Called with each tensor that was made. Throws if the kernel failed: not every tfjs backend does. */
  readonly inspect?: (tensor: Tensor) => void;
  /** Turns what a kernel threw into what to throw. What was held at that moment is still held. */
  readonly failure?: (error: unknown, k: Kernels) => unknown;
}

/**
 * Runs tfjs kernels by name, and knows every tensor that came of it.
 *
 * There is no `tidy`: a {@link Kernels.scope} frees what a rule made on the way, and the program frees the rest by
 * liveness. Tensors are tfjs' own; two of them may share data, which tfjs counts references to.
 */
export class Kernels {
  private readonly live = new Set<Tensor>();
  private made: Tensor[] = [];

  /** @param backendName the tfjs backend that runs the kernels. It has to be initialised. */
  constructor(
    readonly backendName: string,
    private readonly hooks: KernelHooks = {},
  ) {}

  /** Runs a kernel. It is for the caller to know that the tfjs backend has it. */
  run(name: string, inputs: KernelInputs, attributes: object = {}): Tensor {
    return this.call(() => [
      engine().runKernel(
        name,
        inputs as unknown as EngineInputs,
        attributes as EngineAttributes,
      ) as unknown as Tensor,
    ])[0]!;
  }

  /** Runs something of the tfjs backend's own that makes tensors. */
  call(work: () => readonly Tensor[]): readonly Tensor[] {
    const { failure } = this.hooks;
    if (!failure) return work().map((tensor) => this.track(tensor));
    try {
      return work().map((tensor) => this.track(tensor));
    } catch (error) {
      throw failure(error, this);
    }
  }

  /** A tensor with a copy of the given values. */
  upload(values: HostValues): Tensor {
    if (this.hooks.upload) return this.hooks.upload(this, values);
    const { shape, dtype, data } = values;
    const Data = hostArrayTypes[computeDType(dtype)];
    return this.track(
      engine().makeTensor(new Data(data), [...shape], tfjsDtype[computeDType(dtype)]) as Tensor,
    );
  }

  /** A tensor filled with one value. */
  fill({ shape, dtype }: TensorSpec, value: number): Tensor {
    return this.run('Fill', {}, { shape: [...shape], value, dtype: tfjsDtype[computeDType(dtype)] });
  }

  /** A tensor of another shape that shares `x`'s data; a handle of its own. */
  reshape(x: Tensor, shape: readonly number[]): Tensor {
    return this.run('Reshape', { x }, { shape: [...shape] });
  }

  /** Another handle of the same data. */
  alias(x: Tensor): Tensor {
    return this.reshape(x, x.shape);
  }

  /** Takes over a tensor that was made outside of {@link run}. */
  track(tensor: Tensor): Tensor {
    this.live.add(tensor);
    this.made.push(tensor);
    this.hooks.inspect?.(tensor);
    return tensor;
  }

  free(tensor: Tensor): void {
    if (this.live.delete(tensor)) tensor.dispose();
  }

  /** Frees everything `work` made but what it returns; all of it if it throws. */
  scope(work: () => readonly Tensor[]): readonly Tensor[] {
    const outer = this.made;
    this.made = [];
    let kept: readonly Tensor[] = [];
    try {
      return (kept = work());
    } finally {
      for (const tensor of this.made) if (!kept.includes(tensor)) this.free(tensor);
      this.made = outer;
    }
  }

  /** The memory in use: data shared by several tensors counts once. */
  memory(): MemoryUsage {
    const bytes = new Map<object, number>();
    for (const { dataId, shape, dtype } of this.live) {
      bytes.set(dataId, sizeOf(shape) * (dtype === 'bool' ? 1 : 4));
    }
    return { buffers: bytes.size, bytes: [...bytes.values()].reduce((total, size) => total + size, 0) };
  }

  dispose(): void {
    for (const tensor of [...this.live]) this.free(tensor);
  }
}

/**
 * Runs synchronous work with a tfjs backend as the current one. The tfjs engine is one for all that use it, and kernels
 * run on whichever backend is current, so the one that was current before is put back.
 */
export function onBackend<T>(name: string, work: () => T): T {
  const tf = engine();
  const before = tf.backendName;
  if (before === name) return work();
  // Of a backend that is initialised, the switch is done when the call returns; the promise tells nothing more.
  void tf.setBackend(name);
  try {
    return work();
  } finally {
    if (before) void tf.setBackend(before);
  }
}
