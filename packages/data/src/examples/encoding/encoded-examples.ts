import { AttuneError, hashText } from '@attune/core';
import type { EncodedExample, Label, RowPlace } from '../rows/example.js';
import { hashWords } from './hash-words.js';

/** A row of the store. `ids` and `weights` are views: do not write to them. */
export interface StoredExample extends EncodedExample, RowPlace {
  /** The label, in a classification. */
  readonly label?: Label;
}

/** The facts that a store keeps of a row beside its tokens. */
export interface RowFacts extends RowPlace {
  readonly label?: Label;
  /** Hash of what the row says, whatever the tokenizer. */
  readonly contentHash: string;
  /** Hash of what is asked, where the row asks something. */
  readonly promptHash?: string;
}

/**
 * Rows as tokens, in memory: 8 bytes a token (id and weight), in two arrays. A gigabyte holds 130 million tokens, which is
 * more than fine-tuning usually sees; larger texts are for token files (`prepare`).
 */
export interface EncodedExamples {
  /** For messages. */
  readonly name: string;
  readonly count: number;
  /** Tokens of the longest row; 0 without rows. */
  readonly longest: number;
  /** A hash of these rows, in this order. */
  readonly fingerprint: string;
  /** Tokens of a row. */
  lengthOf(index: number): number;
  row(index: number): StoredExample;
  facts(index: number): RowFacts;
}

/** Rows in the order they are added. */
export class ExampleStore implements EncodedExamples {
  private ids = new Int32Array(1024);
  private weights = new Float32Array(1024);
  private readonly ends: number[] = [];
  private readonly rows: RowFacts[] = [];
  private readonly hashes: string[] = [];
  private hash: string | undefined;
  longest = 0;

  constructor(readonly name: string) {}

  get count(): number {
    return this.rows.length;
  }

  get fingerprint(): string {
    return (this.hash ??= fingerprintOfRows(this.hashes));
  }

  /** Copies a row. */
  add({ ids, weights }: EncodedExample, facts: RowFacts): void {
    const start = this.ends.at(-1) ?? 0;
    const end = start + ids.length;
    if (end > this.ids.length) {
      const capacity = Math.max(end, 2 * this.ids.length);
      this.ids = grown(this.ids, new Int32Array(capacity));
      this.weights = grown(this.weights, new Float32Array(capacity));
    }
    this.ids.set(ids, start);
    this.weights.set(weights, start);
    this.ends.push(end);
    this.rows.push(facts);
    this.hashes.push(rowHash({ ids, weights }, facts.label));
    this.hash = undefined;
    this.longest = Math.max(this.longest, ids.length);
  }

  lengthOf(index: number): number {
    return this.ends[index]! - (this.ends[index - 1] ?? 0);
  }

  row(index: number): StoredExample {
    const facts = this.facts(index);
    const [start, end] = [this.ends[index - 1] ?? 0, this.ends[index]!];
    return {
      ids: this.ids.subarray(start, end),
      weights: this.weights.subarray(start, end),
      file: facts.file,
      line: facts.line,
      ...(facts.label !== undefined && { label: facts.label }),
    };
  }

  facts(index: number): RowFacts {
    const facts = this.rows[index];
    if (!facts) {
      throw new AttuneError('INVALID_ARGUMENT', `${this.name} has ${this.count} rows, but no row ${index}.`);
    }
    return facts;
  }

  /** Hash of a row's tokens, weights and label. */
  hashOf(index: number): string {
    return this.hashes[index]!;
  }

  /** Some of the rows, in the order given, sharing their memory. */
  select(name: string, indices: readonly number[]): EncodedExamples {
    let longest = 0;
    for (const index of indices) longest = Math.max(longest, this.lengthOf(index));
    return {
      name,
      count: indices.length,
      longest,
      fingerprint: fingerprintOfRows(indices.map((index) => this.hashOf(index))),
      lengthOf: (index) => this.lengthOf(indices[index]!),
      row: (index) => this.row(indices[index]!),
      facts: (index) => this.facts(indices[index]!),
    };
  }
}

function grown<T extends Int32Array | Float32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}

function rowHash({ ids, weights }: EncodedExample, label: Label | undefined): string {
  // A copy: a view of weights may begin anywhere.
  const hash = hashWords([ids, new Int32Array(Float32Array.from(weights).buffer)]);
  return label === undefined ? hash : hashText(`${hash} ${JSON.stringify(label)}`);
}

function fingerprintOfRows(hashes: readonly string[]): string {
  return hashText([hashes.length, ...hashes].join());
}
