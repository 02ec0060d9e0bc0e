import { objectOf, type JsonObject } from '@attune/files';
import { precompiledStep } from './precompiled.js';

/** Chinese characters, around which BERT writes spaces. */
const CHINESE =
  '[' +
  [
    String.raw`\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{20000}-\x{2A6DF}\x{2A700}-\x{2B73F}`,
    String.raw`\x{2B740}-\x{2B81F}\x{2B920}-\x{2CEAF}\x{F900}-\x{FAFF}\x{2F800}-\x{2FA1F}`,
  ].join('') +
  ']';

/** The characters that the normalizer of machine translation removes. */
const NMT_REMOVED = String.raw`[\x{1}-\x{8}\x{B}\x{E}-\x{1F}\x{7F}\x{8F}\x{9F}]`;

/** The characters that it turns into a space. */
const NMT_SPACE = String.raw`[\x{9}\x{A}\x{C}\x{D}\x{1680}\x{200B}-\x{200F}\x{2028}\x{2029}\x{2581}\x{FEFF}\x{FFFD}]`;

/**
 * A normalizer of a tokenizer.json, with steps written out that the library does not know, or follows as JavaScript would
 * do them: white space and control characters, Chinese beyond the first plane, the Σ that ends a word, and `$` in what is
 * put in for something. SentencePiece's table is read, where the library has something like it.
 *
 * @throws Error if that table cannot be read.
 */
export function normalizerWrittenOut(step: unknown): unknown {
  const steps = writtenOut(step);
  return steps.length === 1 ? steps[0] : sequence(steps);
}

function sequence(steps: readonly unknown[]): JsonObject {
  return { type: 'Sequence', normalizers: steps };
}

function writtenOut(step: unknown): readonly unknown[] {
  const json = objectOf(step);
  const { type, normalizers, content } = json;
  switch (type) {
    case 'Sequence':
      return Array.isArray(normalizers) ? [sequence(normalizers.flatMap(writtenOut))] : [step];
    case 'Replace':
      // To the library, `$&` is what was found.
      return [typeof content === 'string' ? { ...json, content: content.replaceAll('$', '$$$$') } : step];
    case 'Nmt':
      return [replace(NMT_REMOVED, ''), replace(NMT_SPACE, ' ')];
    case 'Strip':
      return [
        ...(json['strip_left'] === true ? [replace('\\A\\s+', '')] : []),
        ...(json['strip_right'] === true ? [replace('(?<!\\s)\\s+\\z', '')] : []),
      ];
    case 'Lowercase':
      return lowercase();
    case 'BertNormalizer':
      return bert(json);
    case 'Precompiled':
      return [precompiledStep(json)];
    default:
      return [step];
  }
}

function replace(pattern: string, content: string): JsonObject {
  return { type: 'Replace', pattern: { Regex: pattern }, content };
}

/** Lower-cases each character by itself, as Rust does: JavaScript writes ς where a word ends. */
function lowercase(): readonly JsonObject[] {
  return [replace('Σ', 'σ'), { type: 'Lowercase' }];
}

function bert(step: JsonObject): readonly JsonObject[] {
  const { clean_text: cleans, handle_chinese_chars: spaces, lowercase: lowers } = step;
  const stripsAccents = step['strip_accents'] ?? lowers;
  return [
    ...(cleans === true
      ? [replace('\\x{0}|\\x{FFFD}|(?![\\t\\n\\r])[\\p{Cc}\\p{Cf}\\p{Co}]', ''), replace('\\s', ' ')]
      : []),
    ...(spaces === true ? [replace(CHINESE, ' $& ')] : []),
    ...(stripsAccents === true ? [{ type: 'NFD' }, replace('\\p{Mn}', '')] : []),
    ...(lowers === true ? lowercase() : []),
  ];
}
