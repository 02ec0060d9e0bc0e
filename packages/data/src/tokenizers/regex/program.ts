import { CharSet } from './char-set.js';
import { FAIL, JUMP, LOOK, LOOK_AT, MATCH, RUN, SET, SET_BACK, SPLIT, UNIT } from './ops.js';
import { UnsupportedPattern } from './parse.js';
import { isNullable, type RegexNode } from './syntax.js';

/** The largest program: the work for a text is a multiple of this at worst. */
const MAX_INSTRUCTIONS = 2000;

/** A compiled expression. */
export interface Program {
  readonly ops: Uint8Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly sets: readonly CharSet[];
  /** For each instruction that can be reached in several ways, the bit that says that it was tried; else -1. */
  readonly memo: Int32Array;
  /** Words of bits for each position, and how many of them are for the instructions that match, not look. */
  readonly words: number;
  readonly matchWords: number;
  readonly looksBehind: boolean;
}

/**
 * Compiles an expression.
 *
 * @throws UnsupportedPattern if the program would be too large, or its order of trying could not be kept.
 */
export function compile(node: RegexNode): Program {
  return new Compiler().program(node);
}

type Repeat = Extract<RegexNode, { kind: 'repeat' }>;

/** How what was emitted ends: with jumps, where characters were taken, and by going on, where none was. */
interface Ends {
  readonly taken: readonly number[];
  readonly open: boolean;
}

class Compiler {
  private readonly ops: number[] = [];
  private readonly a: number[] = [];
  private readonly b: number[] = [];
  private readonly sets = new Map<string, CharSet>();
  private readonly setList: CharSet[] = [];
  private readonly looks: { at: number; part: RegexNode; behind: boolean }[] = [];
  private readonly lookEntries = new Set<number>();
  private looksBehind = false;

  program(node: RegexNode): Program {
    this.node(node, false, false);
    this.emit(MATCH);
    const matchEnd = this.ops.length;
    // Looking may look, and adds to the list.
    for (const { at, part, behind } of this.looks) {
      this.a[at] = this.ops.length;
      this.lookEntries.add(this.ops.length);
      this.looksBehind ||= behind;
      this.node(part, behind, true);
      this.emit(MATCH);
    }
    const { memo, bits, matchWords } = this.memo(matchEnd);
    return {
      ops: Uint8Array.from(this.ops),
      a: Int32Array.from(this.a),
      b: Int32Array.from(this.b),
      sets: this.setList,
      memo,
      words: Math.ceil(bits / 32),
      matchWords,
      looksBehind: this.looksBehind,
    };
  }

  private emit(op: number, a = 0, b = 0): number {
    if (this.ops.length >= MAX_INSTRUCTIONS) this.tooLarge();
    this.ops.push(op);
    this.a.push(a);
    this.b.push(b);
    return this.ops.length - 1;
  }

  private tooLarge(): never {
    throw new UnsupportedPattern(
      `it comes to more than ${MAX_INSTRUCTIONS} instructions when its repetitions are counted out`,
    );
  }

  private set(source: string): number {
    let set = this.sets.get(source);
    if (!set) {
      this.sets.set(source, (set = new CharSet(source)));
      this.setList.push(set);
    }
    return this.setList.indexOf(set);
  }

  /** Emits what matches a node. Backwards, parts come in the opposite order. */
  private node(node: RegexNode, back: boolean, looks: boolean): void {
    switch (node.kind) {
      case 'character': {
        const unit = back ? undefined : unitOf(node.source);
        if (unit !== undefined) this.emit(UNIT, unit);
        else this.emit(back ? SET_BACK : SET, this.set(node.source));
        return;
      }
      case 'sequence':
        for (const part of back ? [...node.parts].reverse() : node.parts) this.node(part, back, looks);
        return;
      case 'choice': {
        const ends: number[] = [];
        for (const option of node.options.slice(0, -1)) {
          const split = this.emit(SPLIT);
          this.a[split] = this.ops.length;
          this.node(option, back, looks);
          ends.push(this.emit(JUMP));
          this.b[split] = this.ops.length;
        }
        this.node(node.options.at(-1)!, back, looks);
        for (const end of ends) this.a[end] = this.ops.length;
        return;
      }
      case 'repeat':
        this.repeat(node, back, looks);
        return;
      case 'look': {
        const { part, behind, negative } = node;
        if (part.kind === 'character') {
          this.emit(LOOK_AT, this.set(part.source), (negative ? 1 : 0) + (behind ? 2 : 0));
        } else this.looks.push({ at: this.emit(LOOK, 0, negative ? 1 : 0), part, behind });
        return;
      }
    }
  }

  private repeat(node: Repeat, back: boolean, looks: boolean): void {
    const { part, min, max, lazy } = node;
    if (max < min) throw new UnsupportedPattern(`{${min},${max}} counts down`);
    const nullable = isNullable(part);
    const isPlus = max === Infinity && min > 0 && !nullable && part.kind !== 'character';
    for (let i = isPlus ? 1 : 0; i < min; i++) {
      const before = this.ops.length;
      this.node(part, back, looks);
      if (this.ops.length === before) break;
    }
    if (isPlus) {
      const start = this.ops.length;
      this.node(part, back, looks);
      const split = this.emit(SPLIT);
      this.aim(split, start, split + 1, lazy);
    } else if (max === Infinity && part.kind === 'character' && !back && !looks && !lazy) {
      this.emit(RUN, this.set(part.source));
    } else if (max === Infinity) {
      const head = this.emit(SPLIT);
      this.round(part, back, looks);
      this.emit(JUMP, head);
      this.aim(head, head + 1, this.ops.length, lazy);
    } else {
      const splits: number[] = [];
      for (let i = min; i < max; i++) {
        splits.push(this.emit(SPLIT));
        this.round(part, back, looks);
      }
      for (const split of splits) this.aim(split, split + 1, this.ops.length, lazy);
    }
  }

  /** Emits a round of a repetition that need not be: as ECMAScript has it, one that takes nothing fails. */
  private round(part: RegexNode, back: boolean, looks: boolean): void {
    if (!isNullable(part)) {
      this.node(part, back, looks);
      return;
    }
    const { taken, open } = this.taking(part, back, looks);
    if (open) this.emit(FAIL);
    this.land(taken);
  }

  /**
   * Emits what matches a node and tells two ends apart: jumps, to be {@link land}ed, where characters were taken, and going
   * on (`open`) where none was.
   */
  private taking(node: RegexNode, back: boolean, looks: boolean): Ends {
    switch (node.kind) {
      case 'character':
        this.node(node, back, looks);
        return { taken: [this.emit(JUMP)], open: false };
      case 'look':
        this.node(node, back, looks);
        return { taken: [], open: true };
      case 'sequence':
        return this.takingSequence(back ? [...node.parts].reverse() : node.parts, back, looks);
      case 'choice': {
        const taken: number[] = [];
        const passed: number[] = [];
        node.options.forEach((option, i) => {
          const isLast = i === node.options.length - 1;
          const split = isLast ? -1 : this.emit(SPLIT);
          const ends = this.taking(option, back, looks);
          taken.push(...ends.taken);
          if (ends.open) passed.push(this.emit(JUMP));
          if (!isLast) this.aim(split, split + 1, this.ops.length, false);
        });
        this.land(passed);
        return { taken, open: passed.length > 0 };
      }
      case 'repeat':
        return this.takingRepeat(node, back, looks);
    }
  }

  private takingSequence(parts: readonly RegexNode[], back: boolean, looks: boolean): Ends {
    const jumps: (readonly number[])[] = [];
    let open = true;
    for (const part of parts) {
      const ends: Ends = open ? this.taking(part, back, looks) : { taken: [], open: false };
      jumps.push(ends.taken);
      open = ends.open;
    }
    const over = open ? this.emit(JUMP) : -1;
    // Once characters were taken, the rest may take none.
    parts.forEach((part, i) => {
      if (i > 0 && jumps.slice(0, i).some((list) => list.length > 0)) this.node(part, back, looks);
      this.land(jumps[i]!);
    });
    const taken = jumps.some((list) => list.length > 0) ? [this.emit(JUMP)] : [];
    if (open) this.land([over]);
    return { taken, open };
  }

  private takingRepeat({ part, min, max, lazy }: Repeat, back: boolean, looks: boolean): Ends {
    if (min > 0) {
      if (min > MAX_INSTRUCTIONS && !isNullable(part)) this.tooLarge();
      const needed = new Array<RegexNode>(Math.min(min, MAX_INSTRUCTIONS)).fill(part);
      const rest: RegexNode = { kind: 'repeat', part, min: 0, max: max - min, lazy };
      return this.takingSequence(back ? [rest, ...needed].reverse() : [...needed, rest], back, looks);
    }
    if (max === 0) return { taken: [], open: true };
    const split = this.emit(SPLIT);
    const ends = this.taking(part, back, looks);
    if (ends.open) this.emit(FAIL);
    this.land(ends.taken);
    let taken: number[] = [];
    if (ends.taken.length > 0) {
      this.repeat({ kind: 'repeat', part, min: 0, max: max - 1, lazy }, back, looks);
      taken = [this.emit(JUMP)];
    }
    this.aim(split, split + 1, this.ops.length, lazy);
    return { taken, open: true };
  }

  /** Lets jumps lead to what comes next. */
  private land(jumps: readonly number[]): void {
    for (const jump of jumps) this.a[jump] = this.ops.length;
  }

  private aim(split: number, first: number, second: number, lazy: boolean): void {
    this.a[split] = lazy ? second : first;
    this.b[split] = lazy ? first : second;
  }

  /** Gives a bit to each instruction with several ways to it, and two to those that look: the second for success. */
  private memo(matchEnd: number) {
    const ways = new Int32Array(this.ops.length + 1);
    ways[0] = 1;
    this.ops.forEach((op, at) => {
      if (op === SPLIT) ways[this.b[at]!]!++;
      if (op === SPLIT || op === JUMP) ways[this.a[at]!]!++;
      else if (op !== MATCH && op !== FAIL) ways[at + 1]!++;
    });
    const memo = new Int32Array(this.ops.length).fill(-1);
    let bits = 0;
    for (let at = 0; at < matchEnd; at++) {
      if (ways[at]! > 1 || this.ops[at] === RUN) memo[at] = bits++;
    }
    const matchWords = Math.ceil(bits / 32);
    bits = matchWords * 32;
    for (let at = matchEnd; at < memo.length; at++) {
      if (ways[at]! <= 1 && !this.lookEntries.has(at)) continue;
      memo[at] = bits;
      bits += 2;
    }
    return { memo, bits, matchWords };
  }
}

/** The UTF-16 unit that a source stands for by itself. */
function unitOf(source: string): number | undefined {
  const char =
    source.length === 1 ? source : /^\\[$^\\.*+?()[\]{}|/-]$/.test(source) ? source[1]! : undefined;
  const unit = char === undefined || source === '.' ? undefined : char.charCodeAt(0);
  return unit === undefined || (unit >= 0xd800 && unit < 0xe000) ? undefined : unit;
}
