import { listOf, objectOf } from '@attune/files';

/** A step of the library's decoder: a function with properties. */
interface Step {
  readonly byte_decoder?: Readonly<Record<string, number>>;
  decode_chain(tokens: readonly string[]): string[];
  readonly config?: unknown;
  readonly decoders?: readonly Step[];
}

const BYTE = /^<0x([0-9A-Fa-f]{2})>$/;

/** A byte order mark is a character like any other; the library's decoder of single bytes takes it for nothing. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Makes a decoder of the library do as the one that transformers runs: where bytes in a row are no UTF-8, each of them
 * becomes U+FFFD, and of the marks for spaces, all that the first token has are left out, or none.
 */
export function correctDecoder(decoder: unknown): void {
  const { decoders } = (decoder ?? {}) as Partial<Step>;
  for (const step of decoders ?? [decoder as Step | null]) {
    if (!step) continue;
    const {
      type,
      replacement = '▁',
      prepend_scheme: scheme,
      add_prefix_space: addsSpace,
    } = objectOf(step.config);
    if (type === 'ByteFallback') step.decode_chain = withoutBytes;
    else if (type === 'Metaspace')
      step.decode_chain = withoutMarks(String(replacement), scheme !== 'never' && addsSpace !== false);
    else if (type === 'ByteLevel') step.decode_chain = withoutByteCharacters(step.byte_decoder ?? {});
  }
}

/** A decoder of a tokenizer.json whose replacements say `$` so that the library takes it for one. */
export function decoderWrittenOut(step: unknown): unknown {
  const json = objectOf(step);
  const { type, decoders, content } = json;
  if (type === 'Sequence' && Array.isArray(decoders))
    return { ...json, decoders: decoders.map(decoderWrittenOut) };
  const isReplacement = type === 'Replace' && typeof content === 'string';
  return isReplacement ? { ...json, content: content.replaceAll('$', '$$$$') } : step;
}

/** Tokens, with characters in the place of bytes. */
function withoutBytes(tokens: readonly string[]): string[] {
  const texts: string[] = [];
  let bytes: number[] = [];
  const close = () => {
    if (bytes.length > 0) texts.push(textOf(bytes));
    bytes = [];
  };
  for (const token of tokens) {
    const byte = BYTE.exec(token);
    if (byte) bytes.push(parseInt(byte[1]!, 16));
    else {
      close();
      texts.push(token);
    }
  }
  close();
  return texts;
}

/** The text of tokens in which a character stands for each byte; other tokens stand for themselves. */
function withoutByteCharacters(byteOf: Readonly<Record<string, number>>): Step['decode_chain'] {
  const encoder = new TextEncoder();
  const lossy = new TextDecoder('utf-8', { ignoreBOM: true });
  return (tokens) => {
    const bytes = tokens.flatMap((token) => {
      const chars = [...token];
      const isSpelled = chars.every((char) => Object.hasOwn(byteOf, char));
      return isSpelled ? chars.map((char) => byteOf[char]!) : [...encoder.encode(token)];
    });
    return [lossy.decode(Uint8Array.from(bytes))];
  };
}

/** Tokens, with spaces in the place of marks. */
function withoutMarks(mark: string, dropsFirst: boolean): Step['decode_chain'] {
  return (tokens) => tokens.map((token, i) => token.replaceAll(mark, i === 0 && dropsFirst ? '' : ' '));
}

function textOf(bytes: readonly number[]): string {
  try {
    return utf8.decode(Uint8Array.from(bytes));
  } catch {
    return '\ufffd'.repeat(bytes.length);
  }
}

/**
 * Tells which ids are single bytes to the decoder of a tokenizer.json, or `undefined` if it spells no characters in bytes.
 *
 * @param vocabulary tokens and their ids.
 */
export function byteIds(
  tokenizerJson: unknown,
  vocabulary: Iterable<readonly [string, number]>,
): ReadonlySet<number> | undefined {
  const { decoder } = objectOf(tokenizerJson);
  const steps = [decoder, ...listOf(objectOf(decoder)['decoders'])];
  if (!steps.some((step) => objectOf(step)['type'] === 'ByteFallback')) return undefined;
  return new Set(Array.from(vocabulary).flatMap(([token, id]) => (BYTE.test(token) ? [id] : [])));
}
