import { bytesOf, formatSpec, type MemoryUsage, type TensorSpec } from '@attune/core';
import type { TensorId } from './worker/protocol.js';

/**
 * The tensors that the worker holds, and which of them are free to be written again. A program that updates a state
 * writes its updates beside what it reads; what they replace is where the next run writes. So two sets of buffers
 * take turns, and none is allocated from one step to the next.
 */
export class Buffers {
  private readonly held = new Map<TensorId, TensorSpec>();
  private readonly spare = new Map<string, TensorId[]>();
  /** How many spare ones of a kind programs have use for. */
  private readonly wanted = new Map<string, number>();
  private ids = 0;

  constructor(private readonly freed: (ids: readonly TensorId[]) => void) {}

  /** A tensor that is not there yet. */
  create(spec: TensorSpec): TensorId {
    this.held.set(this.ids, spec);
    return this.ids++;
  }

  /** A tensor to be overwritten as a whole: a spare one, if there is one. */
  take(spec: TensorSpec): TensorId {
    return this.spare.get(formatSpec(spec))?.pop() ?? this.create(spec);
  }

  /** Keeps a tensor as a spare one if some program has use for it; else lets go of it. */
  free(id: TensorId): void {
    const spec = this.held.get(id);
    if (!spec) return;
    const kind = formatSpec(spec);
    const spare = this.spare.get(kind) ?? [];
    this.spare.set(kind, spare);
    if (spare.length < (this.wanted.get(kind) ?? 0)) spare.push(id);
    else this.drop([id]);
  }

  /** Says that a program updates tensors of these specs. The function that comes back takes it back. */
  reserve(specs: readonly TensorSpec[]): () => void {
    const kinds = specs.map(formatSpec);
    const change = (by: number) =>
      kinds.forEach((kind) => this.wanted.set(kind, (this.wanted.get(kind) ?? 0) + by));
    change(1);
    return () => {
      change(-1);
      for (const kind of new Set(kinds)) {
        this.drop((this.spare.get(kind) ?? []).splice(this.wanted.get(kind)!));
      }
    };
  }

  /** Forgets everything: the worker that held it is gone. */
  clear(): void {
    this.held.clear();
    this.spare.clear();
  }

  private drop(ids: readonly TensorId[]): void {
    if (ids.length === 0) return;
    ids.forEach((id) => this.held.delete(id));
    this.freed(ids);
  }

  memory(): MemoryUsage {
    const bytes = [...this.held.values()].reduce((total, spec) => total + bytesOf(spec), 0);
    return { bytes, buffers: this.held.size };
  }
}
