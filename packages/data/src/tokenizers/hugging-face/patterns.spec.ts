import { readFixture } from '../../testing/fixture.js';
import { hfTokenizer } from '../index.js';

interface Case {
  readonly pattern: string;
  readonly splits: readonly {
    readonly behavior: string;
    readonly invert: boolean;
    readonly pieces: readonly (readonly string[] | null)[];
  }[];
  readonly replaced: readonly (string | null)[];
}

/** A tokenizer of the words given; any other is `?`. */
function ofWords(words: readonly string[], steps: object) {
  const list = ['?', ...new Set(words)];
  const tokenizer = hfTokenizer({
    ...{ added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null },
    ...steps,
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(list.map((word, id) => [word, id])),
      unk_token: '?',
    },
  });
  return (text: string) => [...tokenizer.encode(text)].map((id) => list[id]!);
}

const { texts, cases } = await readFixture<{ texts: readonly string[]; cases: readonly Case[] }>(
  'split_patterns/case.json',
);

// Written with tokenizers: see tools/reference/split_patterns.py.
test.each(cases)('$pattern splits and replaces as in Oniguruma', ({ pattern, splits, replaced }) => {
  const different: unknown[] = [];
  for (const { behavior, invert, pieces } of splits) {
    const encode = ofWords(
      pieces.flatMap((list) => list ?? []),
      { pre_tokenizer: { type: 'Split', pattern: { Regex: pattern }, behavior, invert } },
    );
    texts.forEach((text, i) => {
      const got = encode(text);
      if (pieces[i] && JSON.stringify(got) !== JSON.stringify(pieces[i]))
        different.push({ behavior, invert, expected: pieces[i], got });
    });
  }
  const normalize = ofWords(
    replaced.flatMap((text) => text ?? []),
    { normalizer: { type: 'Replace', pattern: { Regex: pattern }, content: '<$1&>' } },
  );
  texts.forEach((text, i) => {
    const got = normalize(text).join('');
    if (replaced[i] !== null && text !== '' && got !== replaced[i])
      different.push({ expected: replaced[i], got });
  });
  expect(different).toEqual([]);
});
