import type { GraphBuilder, Initializer, Tensor } from '@attune/core';
import { Buffer } from '../../module/buffer.js';
import { Module } from '../../module/module.js';
import type { RopeConfig } from './rope-config.js';
import { ropeFrequencies } from './rope-frequencies.js';

/** Cosines and sines of the angles of some tokens: `f32[T, D/2]`, or `f32[B, 1, T, D/2]`. */
export interface Rotation {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** Cosines and sines of rotary positions, for each position that a model is built for: tables that are never saved. */
export class RotaryEmbedding extends Module {
  private readonly cos: Buffer;
  private readonly sin: Buffer;

  /** @param width of a head. */
  constructor(rope: RopeConfig, width: number, positions: number) {
    super();
    const table = (f: (angle: number) => number) =>
      new Buffer([positions, width / 2], fillTable(rope, width, f), { persistent: false });
    this.cos = table(Math.cos);
    this.sin = table(Math.sin);
  }

  /** The rotation of the positions 0, 1, 2, … */
  firstRows(g: GraphBuilder, count: number): Rotation {
    const rows = ({ shape }: Buffer) => [count, shape[1]!];
    const take = (table: Buffer) => g.slice(table.on(g), [0, 0], rows(table));
    return { cos: take(this.cos), sin: take(this.sin) };
  }

  /** The rotation of `positions i32[B, T]`. */
  at(g: GraphBuilder, positions: Tensor): Rotation {
    const [rows, length] = positions.shape as [number, number];
    const take = (table: Buffer) =>
      g.reshape(g.gather(table.on(g), positions), [rows, 1, length, table.shape[1]!]);
    return { cos: take(this.cos), sin: take(this.sin) };
  }
}

function fillTable(rope: RopeConfig, width: number, f: (angle: number) => number): Initializer {
  return (_random, [positions]) => {
    const { frequencies, scale } = ropeFrequencies(rope, width);
    const table = new Float32Array((positions! * width) / 2);
    for (let position = 0, i = 0; position < positions!; position++) {
      // The angle in float32, as transformers computes it; its cosine from float64.
      for (const frequency of frequencies) {
        table[i++] = Math.fround(f(Math.fround(frequency * position))) * Math.fround(scale);
      }
    }
    return table;
  };
}
