/** Counts of the transfers between host and GPU, and of the GPU's dispatches. */
export interface Traffic {
  dispatches: number;
  submits: number;
  /** Buffers mapped to be read. */
  maps: number;
  bytesRead: number;
  bytesWritten: number;
}

/** Counts, until `stop()`, what every device of this page or worker does. */
export function countTraffic(): { stop(): Traffic } {
  const traffic: Traffic = { dispatches: 0, submits: 0, maps: 0, bytesRead: 0, bytesWritten: 0 };
  const restore: (() => void)[] = [];
  /** Has `before` see the arguments of each call. */
  const watch = (prototype: object, method: string, before: (self: unknown, args: never) => void) => {
    const methods = prototype as Record<string, (...args: unknown[]) => unknown>;
    const original = methods[method]!;
    methods[method] = function (this: unknown, ...args: unknown[]) {
      before(this, args as never);
      return original.apply(this, args);
    };
    restore.push(() => void (methods[method] = original));
  };
  watch(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => traffic.dispatches++);
  watch(GPUComputePassEncoder.prototype, 'dispatchWorkgroupsIndirect', () => traffic.dispatches++);
  watch(GPUQueue.prototype, 'submit', () => traffic.submits++);
  watch(
    GPUQueue.prototype,
    'writeBuffer',
    (_self, [, , data, , size]: [unknown, unknown, ArrayBufferView, unknown, number?]) => {
      traffic.bytesWritten += size ?? data.byteLength;
    },
  );
  watch(GPUBuffer.prototype, 'mapAsync', (self, [mode]: [number]) => {
    if (mode !== GPUMapMode.READ) return;
    traffic.maps++;
    traffic.bytesRead += (self as GPUBuffer).size;
  });
  watch(GPUDevice.prototype, 'createBuffer', (_self, [{ mappedAtCreation, size }]: [GPUBufferDescriptor]) => {
    if (mappedAtCreation) traffic.bytesWritten += size;
  });
  return {
    stop: () => {
      restore.forEach((undo) => undo());
      return traffic;
    },
  };
}
