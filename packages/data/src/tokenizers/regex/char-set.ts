const UNKNOWN = 0;
const NO = 1;
const YES = 2;
const PAGE = 256;

/**
 * A set of characters, as a class such as `[^\s\p{L}]` describes it. JavaScript's own expressions decide about a character
 * once, alone, where nothing can be tried twice; after that a table does.
 */
export class CharSet {
  private readonly test: RegExp;
  private readonly ascii = new Uint8Array(128);
  private readonly pages = new Map<number, Uint8Array>();

  /** @param source a part of an expression that matches exactly one character. */
  constructor(readonly source: string) {
    this.test = new RegExp(`^(?:${source})$`, 'u');
  }

  has(code: number): boolean {
    const page = code < 128 ? this.ascii : (this.pages.get(code >>> 8) ?? this.addPage(code >>> 8));
    const known = page[code & 0xff]!;
    return known === UNKNOWN ? this.decide(code, page) : known === YES;
  }

  private decide(code: number, page: Uint8Array): boolean {
    const found = this.test.test(String.fromCodePoint(code));
    page[code & 0xff] = found ? YES : NO;
    return found;
  }

  private addPage(index: number): Uint8Array {
    const page = new Uint8Array(PAGE);
    this.pages.set(index, page);
    return page;
  }
}
