const CODE_POINTS = 0x110000;

/** Counts the characters (code points) of a text that arrives bit by bit, and notes which there are. */
export class CharacterCensus {
  private readonly seen = new Uint8Array(CODE_POINTS);
  private count = 0;

  /** @param text whole characters. */
  add(text: string): void {
    const { seen } = this;
    let pairs = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < 0xd800 || unit > 0xdbff) {
        seen[unit] = 1;
        continue;
      }
      seen[text.codePointAt(i)!] = 1;
      pairs++;
      i++;
    }
    this.count += text.length - pairs;
  }

  get characters(): number {
    return this.count;
  }

  /** Every character once, in the order of the code points. */
  get distinct(): string {
    const chars: string[] = [];
    this.seen.forEach((seen, codePoint) => seen && chars.push(String.fromCodePoint(codePoint)));
    return chars.join('');
  }
}
