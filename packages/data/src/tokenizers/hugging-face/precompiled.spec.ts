import { readFixture } from '../../testing/fixture.js';
import { precompiledNormalizer } from './precompiled.js';
import { hfTokenizer } from '../index.js';

interface Case {
  readonly tokenizer: { readonly normalizer: { readonly precompiled_charsmap: string } };
  readonly samples: readonly (readonly [text: string, normalized: string, ids: readonly number[]])[];
}

// Written with sentencepiece and tokenizers: see tools/reference/precompiled.py.
const { tokenizer: json, samples } = await readFixture<Case>('precompiled/case.json');
const base64 = json.normalizer.precompiled_charsmap;

/** A table of these units and texts, as a tokenizer.json has it. */
function table(
  units: readonly number[],
  texts: readonly number[] = [],
  trieBytes = units.length * 4,
): string {
  const bytes = new Uint8Array(4 + units.length * 4 + texts.length);
  const view = new DataView(bytes.buffer);
  [trieBytes, ...units].forEach((unit, i) => {
    view.setUint32(i * 4, unit, true);
  });
  bytes.set(texts, 4 + units.length * 4);
  return btoa(String.fromCharCode(...bytes));
}

describe("SentencePiece's table of a tokenizer.json", () => {
  it('makes of hard strings what the tokenizers of Hugging Face make of them', () => {
    expect(samples.length).toBeGreaterThan(50);
    const normalize = precompiledNormalizer(base64);
    const different = samples.filter(([text, normalized]) => normalize(text) !== normalized);
    expect(different.map(([text, expected]) => ({ text, expected, got: normalize(text) }))).toEqual([]);
  });

  it('gives their ids, alone and as a step among others', () => {
    for (const normalizer of [json.normalizer, { type: 'Sequence', normalizers: [json.normalizer] }]) {
      const tokenizer = hfTokenizer({ ...json, normalizer });
      for (const [text, , ids] of samples) expect([...tokenizer.encode(text)]).toEqual(ids);
    }
  });

  it('is applied once to each part of a text, however long', () => {
    const normalize = precompiledNormalizer(base64);
    expect(normalize('Qx'.repeat(50_000))).toBe('kw'.repeat(50_000));
    expect(normalize(`a${'\u0301'.repeat(50_000)}`)).toBe(`a${"'".repeat(50_000)}`);
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['not base64', '!!!'],
    ['too short for a size', 'AAAA'],
    ['larger than its bytes', table([0], [], 0xfffffffc)],
    ['without a trie', table([])],
    ['not of whole units', table([0, 0], [], 5)],
    ['of texts that are not UTF-8', table([0], [0xff, 0])],
  ])('is refused before it is used, where it is %s', (_, charsmap) => {
    const normalizer = { type: 'Precompiled', precompiled_charsmap: charsmap };
    expect(() => hfTokenizer({ ...json, normalizer })).toThrow(
      expect.objectContaining({
        code: 'FILE_CORRUPT',
        message: expect.stringMatching(/charsmap/) as unknown,
      }),
    );
  });

  it.each([
    ['out of the trie', table([0xfffffe00], [])],
    // "a" is unit 97 ^ 0, which has a leaf at 97 ^ 2.
    ['out of the texts', table(leadingTo(9), [0x62, 0])],
    ['into the middle of a character', table(leadingTo(1), [0xc3, 0xa9, 0])],
  ])('is refused where a text leads %s', (_, charsmap) => {
    const normalizer = { type: 'Precompiled', precompiled_charsmap: charsmap };
    const tokenizer = hfTokenizer({ ...json, normalizer });
    expect(() => tokenizer.encode('a')).toThrow(expect.objectContaining({ code: 'FILE_CORRUPT' }));
  });

  it('reads a table written by hand', () => {
    const normalize = precompiledNormalizer(table(leadingTo(0), [0x62, 0x62, 0]));
    expect(normalize('cab')).toBe('cbbb');
    expect(precompiledNormalizer(table(leadingTo(3), [0x62, 0x62, 0]))('a')).toBe('');
  });
});

function leadingTo(text: number): number[] {
  const units = new Array<number>(256).fill(0);
  units[97] = (2 << 10) | 0x100 | 97;
  units[97 ^ 2] = (0x80000000 | text) >>> 0;
  return units;
}
