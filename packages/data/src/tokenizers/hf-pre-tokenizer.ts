/** How GPT-2 cuts a text, as a pattern of the kind a tokenizer.json has. */
const GPT_2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/**
 * The same tokenizer.json, with GPT-2's pattern written out where it is only meant. The library takes white space in
 * patterns for what Unicode says it is, as transformers does, but in its own copy of this pattern for what JavaScript
 * says: U+0085 would have other ids.
 */
export function withPatternWrittenOut(
  tokenizerJson: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return { ...tokenizerJson, pre_tokenizer: writtenOut(tokenizerJson['pre_tokenizer']) };
}

function writtenOut(preTokenizer: unknown): unknown {
  if (typeof preTokenizer !== 'object' || preTokenizer === null) return preTokenizer;
  const { type, use_regex: usesRegex, add_prefix_space: addsSpace, pretokenizers } = preTokenizer as Json;
  if (type === 'Sequence' && Array.isArray(pretokenizers)) {
    return { ...preTokenizer, pretokenizers: pretokenizers.map(writtenOut) };
  }
  // A space before the text is added before it is cut, so that these two cannot be told apart.
  if (type !== 'ByteLevel' || usesRegex === false || addsSpace === true) return preTokenizer;
  const split = { type: 'Split', pattern: { Regex: GPT_2 }, behavior: 'Isolated', invert: false };
  return { type: 'Sequence', pretokenizers: [split, { ...preTokenizer, use_regex: false }] };
}

type Json = Readonly<Record<string, unknown>>;
