const HAN = /\p{Script=Han}/u;
const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });

/** The words of a text, as the search knows them: what stands between spaces and punctuation, and words of Chinese. */
export const wordsOf = (text) =>
  text
    .split(/[\n\r\p{Z}\p{P}]+/u)
    .flatMap((word) => (HAN.test(word) ? [...segmenter.segment(word)].map(({ segment }) => segment) : [word]))
    .filter((word) => word !== '');
