import { parseRegex } from './parse.js';
import { compile, type Program } from './program.js';
import { after, Search } from './search.js';

/** A place in a text that an expression matches. */
export interface Match {
  readonly 0: string;
  readonly index: number;
}

/**
 * A regular expression with the flags `gu` that takes time and memory in proportion to the text, whatever it says, and
 * finds what JavaScript's own would find. It captures nothing. The methods of strings take it as they take a RegExp.
 */
export class LinearRegex {
  readonly flags = 'gu';
  readonly global = true;
  private readonly program: Program;

  /**
   * @param source as `RegExp.source` has it.
   * @throws UnsupportedPattern.
   */
  constructor(readonly source: string) {
    this.program = compile(parseRegex(source));
  }

  /** A search for matches in a text, which come from left to right. */
  search(text: string): Search {
    return new Search(this.program, text);
  }

  *[Symbol.matchAll](text: string): Generator<Match> {
    const search = this.search(text);
    for (let at = 0; search.next(at); at = behind(search, text)) {
      yield { 0: text.slice(search.start, search.end), index: search.start };
    }
  }

  [Symbol.match](text: string): string[] | null {
    const found = Array.from(this[Symbol.matchAll](text), (match) => match[0]);
    return found.length > 0 ? found : null;
  }

  /** In a replacement, `$&` stands for what was found, and `$$` for `$`. */
  [Symbol.replace](text: string, replacement: string | ((found: string) => string)): string {
    let replaced = '';
    let end = 0;
    for (const { 0: found, index } of this[Symbol.matchAll](text)) {
      const content =
        typeof replacement === 'function'
          ? replacement(found)
          : replacement.replace(/\$[$&]/g, (sign) => (sign === '$$' ? '$' : found));
      replaced += text.slice(end, index) + content;
      end = index + found.length;
    }
    return replaced + text.slice(end);
  }

  /** Gives nothing back of what separates. */
  [Symbol.split](text: string): string[] {
    const search = this.search(text);
    if (text === '') return search.next(0) ? [] : [''];
    const parts: string[] = [];
    let begin = 0;
    for (let at = 0; search.next(at) && search.start < text.length;) {
      if (search.end === begin) {
        at = after(text, search.start);
        continue;
      }
      parts.push(text.slice(begin, search.start));
      begin = at = search.end;
    }
    parts.push(text.slice(begin));
    return parts;
  }
}

function behind(search: Search, text: string): number {
  return search.end > search.start ? search.end : after(text, search.end);
}
