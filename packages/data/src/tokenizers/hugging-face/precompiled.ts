import type { JsonObject } from '@attune/files';
import { readCharsmap } from './charsmap.js';

/** Longer clusters are looked up by their characters. */
const CLUSTER_BYTES = 6;

/** Between two characters of ASCII, where a cluster ends whatever stands around, but not within a line end. */
const CLUSTER_ENDS = /(?<=[\0-\x7f])(?<!\r(?=\n))(?=[\0-\x7f])/;

/**
 * SentencePiece's `Precompiled` as a step that the library takes: it has an approximation of its own, which does not read
 * the table, but replaces what a pattern finds with what a function gives.
 *
 * @throws Error if there is no table in the step.
 */
export function precompiledStep(step: JsonObject): JsonObject {
  const normalize = precompiledNormalizer(step['precompiled_charsmap']);
  return { type: 'Replace', pattern: { Regex: String.raw`[\s\S]+` }, content: normalize };
}

/**
 * The normalization of a `precompiled_charsmap`, as Hugging Face's tokenizers do it: each grapheme cluster shorter than
 * six bytes becomes what the table has for its begin, others go character by character, and what is in no table stays.
 *
 * @param base64 the table, as a tokenizer.json has it.
 * @throws Error if it is no table, here or where it is used.
 */
export function precompiledNormalizer(base64: unknown): (text: string) => string {
  const charsmap = readCharsmap(bytesOf(base64));
  const encoder = new TextEncoder();
  const room = new Uint8Array(CLUSTER_BYTES);
  const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

  function cluster(text: string): string {
    const { read, written } = encoder.encodeInto(text, room);
    const isShort = read === text.length && written < CLUSTER_BYTES;
    return (
      (isShort ? charsmap(text) : undefined) ?? Array.from(text, (char) => charsmap(char) ?? char).join('')
    );
  }

  const known = new Map<string, string>();
  const ascii = (text: string): string => {
    const found = known.get(text) ?? cluster(text);
    known.set(text, found);
    return found;
  };

  return (text) => {
    let normalized = '';
    for (const part of text.split(CLUSTER_ENDS)) {
      if (part.length === 1 && part < '\x80') normalized += ascii(part);
      else for (const { segment } of segmenter.segment(part)) normalized += cluster(segment);
    }
    return normalized;
  };
}

function bytesOf(base64: unknown): Uint8Array {
  if (typeof base64 !== 'string') throw new Error('its normalizer has no precompiled_charsmap');
  let binary: string;
  try {
    binary = atob(base64);
  } catch (cause) {
    throw new Error('its precompiled_charsmap is not base64', { cause });
  }
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
