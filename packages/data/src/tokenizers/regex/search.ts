import { JUMP, LOOK, LOOK_AT, MATCH, RUN, SET, SET_BACK, SPLIT, UNIT } from './ops.js';
import type { Program } from './program.js';

/** Steps that every text may take, and those for each of its characters: seconds for a megabyte at worst. */
const STEPS = 50_000_000;
const STEPS_PER_CHARACTER = 200;

/** The most that is remembered of a text, and that waits to be tried: words of 4 bytes. */
const MAX_WORDS = 2 ** 25;

/** Positions of which notes are made together. */
const PAGE_BITS = 9;
const PAGE = 1 << PAGE_BITS;

/** Thrown when a pattern needs more time or memory for a text than there is. */
class TooMuchWork extends Error {}

/** Numbers of each way that waits to be tried: the instruction, its position, and the first position, where there are several. */
const WAY = 3;
/** Numbers of each note within a look: the instruction, the position, and how many ways waited. */
const NOTE = 3;

let ways = new Int32Array(3 << 10);
let notes = new Int32Array(3 << 10);

/**
 * The matches of a program in one text, from left to right. Ways are tried in the order of an engine that backtracks, but
 * none twice: that an instruction has failed at a position is noted, and holds for every match of the text, since nothing
 * refers to what a group matched (Davis et al. 2021, "Using Selective Memoization to Defeat Regular Expression Denial of
 * Service"). The work is at most a multiple of the program's size and the text's length.
 */
export class Search {
  /** Where the last match begins and ends. */
  start = 0;
  end = 0;

  /** Steps taken, for those who want to know. */
  steps = 0;
  private readonly limit: number;

  private readonly pages: (Int32Array | undefined)[] = [];
  private readonly spare: Int32Array[] = [];
  private readonly pageWords: number;
  private pagesHeld = 0;
  private firstPage = 0;

  constructor(
    private readonly program: Program,
    private readonly text: string,
  ) {
    this.limit = STEPS + STEPS_PER_CHARACTER * text.length;
    this.pageWords = Math.min(PAGE, text.length + 1) * program.words;
  }

  /** Finds the first match that begins at `from` or later; positions never go back from call to call. */
  next(from: number): boolean {
    const { text } = this;
    for (let at = from; at <= text.length; at = after(text, at)) {
      if (!this.program.looksBehind) this.forget(at);
      const end = this.match(0, at, 0, 0, false);
      if (end < 0) continue;
      this.start = at;
      this.end = end;
      // What leads to a match has not failed; the next match may go on from here.
      this.clear(end);
      return true;
    }
    return false;
  }

  /** Tries instructions from `entry` on, and returns where they match up to, or -1. */
  private match(entry: number, from: number, wayBase: number, noteBase: number, looks: boolean): number {
    const { text, program } = this;
    const { ops, a, b, memo, sets, words } = program;
    const { length } = text;
    let waiting = wayBase;
    let noted = noteBase;
    let pc = entry;
    let at = from;
    let end = -1;

    search: for (;;) {
      if (++this.steps > this.limit) throw new TooMuchWork('it takes too long');
      const op = ops[pc]!;
      let fails = false;

      const bit = memo[pc]!;
      if (bit >= 0 && op !== RUN) {
        const page = this.pageAt(at);
        const word = (at & (PAGE - 1)) * words + (bit >>> 5);
        const mask = 1 << (bit & 31);
        if (page[word]! & mask) {
          if (looks && page[word]! & (mask << 1)) {
            end = at;
            break search;
          }
          fails = true;
        } else {
          page[word]! |= mask;
          if (looks) {
            if ((noted + 1) * NOTE > notes.length) notes = grown(notes);
            notes[noted * NOTE] = pc;
            notes[noted * NOTE + 1] = at;
            notes[noted * NOTE + 2] = waiting;
            noted++;
          }
        }
      }

      if (!fails) {
        switch (op) {
          case MATCH:
            end = at;
            break search;
          case UNIT:
            if (at < length && text.charCodeAt(at) === a[pc]) {
              at++;
              pc++;
              continue;
            }
            break;
          case SET:
            if (at < length) {
              const code = text.codePointAt(at)!;
              if (sets[a[pc]!]!.has(code)) {
                at += code > 0xffff ? 2 : 1;
                pc++;
                continue;
              }
            }
            break;
          case SET_BACK:
            if (at > 0) {
              const start = before(text, at);
              if (sets[a[pc]!]!.has(text.codePointAt(start)!)) {
                at = start;
                pc++;
                continue;
              }
            }
            break;
          case JUMP:
            pc = a[pc]!;
            continue;
          case SPLIT:
            if ((waiting + 1) * WAY > ways.length) ways = grown(ways);
            ways[waiting * WAY] = b[pc]!;
            ways[waiting * WAY + 1] = at;
            ways[waiting * WAY + 2] = at;
            waiting++;
            pc = a[pc]!;
            continue;
          case RUN: {
            const last = this.run(pc, at);
            if (last < 0) break;
            pc++;
            if (last > at) {
              if ((waiting + 1) * WAY > ways.length) ways = grown(ways);
              ways[waiting * WAY] = pc;
              ways[waiting * WAY + 1] = before(text, last);
              ways[waiting * WAY + 2] = at;
              waiting++;
            }
            at = last;
            continue;
          }
          case LOOK: {
            const found = this.match(a[pc]!, at, waiting, noted, true) >= 0;
            if (found === (b[pc] === 0)) {
              pc++;
              continue;
            }
            break;
          }
          case LOOK_AT: {
            const how = b[pc]!;
            const start = how & 2 ? (at > 0 ? before(text, at) : -1) : at < length ? at : -1;
            const found = start >= 0 && sets[a[pc]!]!.has(text.codePointAt(start)!);
            if (found === ((how & 1) === 0)) {
              pc++;
              continue;
            }
            break;
          }
        }
      }

      // The last way that waits; of several positions, the last.
      if (waiting === wayBase) break;
      const way = (waiting - 1) * WAY;
      pc = ways[way]!;
      at = ways[way + 1]!;
      if (at > ways[way + 2]!) ways[way + 1] = before(text, at);
      else waiting--;
      while (noted > noteBase && notes[(noted - 1) * NOTE + 2]! > waiting) noted--;
    }

    // What led to success would do so again.
    if (looks && end >= 0) {
      for (let i = noteBase; i < noted; i++) {
        const bit = memo[notes[i * NOTE]!]! + 1;
        const position = notes[i * NOTE + 1]!;
        this.pageAt(position)[(position & (PAGE - 1)) * words + (bit >>> 5)]! |= 1 << (bit & 31);
      }
    }
    return end;
  }

  /** Passes characters of a set, and returns how far the rest has not been tried yet; -1 if it was everywhere. */
  private run(pc: number, from: number): number {
    const { text, program } = this;
    const { words } = program;
    const set = program.sets[program.a[pc]!]!;
    const bit = program.memo[pc]!;
    const mask = 1 << (bit & 31);
    let last = -1;
    for (let at = from; ;) {
      const page = this.pageAt(at);
      const word = (at & (PAGE - 1)) * words + (bit >>> 5);
      if (page[word]! & mask) break;
      page[word]! |= mask;
      last = at;
      if (at >= text.length) break;
      const code = text.codePointAt(at)!;
      if (!set.has(code)) break;
      at += code > 0xffff ? 2 : 1;
    }
    this.steps += last < 0 ? 0 : last - from;
    return last;
  }

  private pageAt(position: number): Int32Array {
    return this.pages[position >>> PAGE_BITS] ?? this.addPage(position >>> PAGE_BITS);
  }

  private addPage(index: number): Int32Array {
    if (++this.pagesHeld * this.pageWords > MAX_WORDS) throw new TooMuchWork('it takes too much memory');
    const page = this.spare.pop()?.fill(0) ?? new Int32Array(this.pageWords);
    while (this.pages.length < index) this.pages.push(undefined);
    return (this.pages[index] = page);
  }

  /** Lets go of the notes about positions before a position. */
  private forget(position: number): void {
    for (const end = position >>> PAGE_BITS; this.firstPage < end; this.firstPage++) {
      const page = this.pages[this.firstPage];
      if (!page) continue;
      this.pages[this.firstPage] = undefined;
      this.spare.push(page);
      this.pagesHeld--;
    }
  }

  private clear(position: number): void {
    const { words, matchWords } = this.program;
    const start = (position & (PAGE - 1)) * words;
    this.pages[position >>> PAGE_BITS]?.fill(0, start, start + matchWords);
  }
}

/** The position behind the character at a position. */
export function after(text: string, at: number): number {
  return at < text.length && text.codePointAt(at)! > 0xffff ? at + 2 : at + 1;
}

/** The position of the character that ends at a position. */
function before(text: string, at: number): number {
  return at > 1 && text.codePointAt(at - 2)! > 0xffff ? at - 2 : at - 1;
}

function grown(list: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  if (list.length * 2 > MAX_WORDS) throw new TooMuchWork('it takes too much memory');
  const larger = new Int32Array(list.length * 2);
  larger.set(list);
  return larger;
}
