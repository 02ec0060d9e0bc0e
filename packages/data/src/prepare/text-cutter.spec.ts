import { CharacterCensus } from './census.js';
import { countCharacters } from './split-text.js';
import { textCutter } from './text-cutter.js';

describe('textCutter', () => {
  const lastBorder = (text: string) => Math.max(0, text.lastIndexOf('|'));
  const cut = (parts: string[], options: { pieceLength: number; lastBorder?: (text: string) => number }) => {
    const cutter = textCutter({ maxLength: 100, ...options });
    return [...parts.flatMap((part) => cutter.push(part)), ...cutter.end()];
  };

  it('cuts at the last border of what is there', () => {
    expect(cut(['a|b|c', 'd|e', 'f'], { pieceLength: 4, lastBorder })).toEqual(['a|b', '|cd', '|ef']);
    expect(cut(['a|b|c', 'd|e', 'f'], { pieceLength: 100, lastBorder })).toEqual(['a|b|cd|ef']);
    expect(cut(['', ''], { pieceLength: 4, lastBorder })).toEqual([]);
  });

  it('waits for a border, and looks for it each time the text has doubled', () => {
    const seen: number[] = [];
    const none = (text: string) => {
      seen.push(text.length);
      return 0;
    };
    expect(cut(Array(50).fill('a'), { pieceLength: 4, lastBorder: none })).toEqual(['a'.repeat(50)]);
    expect(seen).toEqual([4, 8, 16, 32]);
    expect(cut(['a|', 'b|'], { pieceLength: 1 })).toEqual(['a|b|']);
  });

  it('says so before a string becomes too long', () => {
    for (const options of [{ pieceLength: 4, lastBorder }, { pieceLength: 4 }]) {
      expect(() => cut(['a'.repeat(60), 'a'.repeat(60)], options)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    }
  });
});

describe('CharacterCensus', () => {
  it('counts code points, and sorts them', () => {
    const census = new CharacterCensus();
    const parts = ['b😀a\uffff', '', '😀\u{10ffff}', 'b\u0000'];
    for (const part of parts) census.add(part);
    expect(census.characters).toBe(8);
    expect(census.characters).toBe(countCharacters(parts.join('')));
    expect(census.distinct).toBe('\u0000ab\uffff😀\u{10ffff}');
  });
});
