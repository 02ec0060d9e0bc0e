import { AttuneError } from '@attune/core';
import type { Example, Message } from '../rows/example.js';

/**
 * Limits of every row, whatever the block size: a longer one is refused before it is rendered or encoded. Lengths are
 * in characters (UTF-16 units), those of a conversation with all that its turns say and with its tools.
 */
export const rowLimits = {
  /** Characters of a text, or of a prompt with its completion. */
  textLength: 2 ** 22,
  /** Characters of a conversation. */
  conversationLength: 2 ** 20,
  turns: 2 ** 13,
} as const;

/** More characters than tokens have: runs of spaces aside, those of known vocabularies have some 16 at most, and 4 on average. */
const CHARACTERS_A_TOKEN = 64;

/** A row of this many characters is always encoded, and refused by its tokens, which an error can count. */
const SHORT = 2 ** 16;

/** How long a row is before it is encoded. */
export interface ExampleLength {
  readonly characters: number;
  /** Turns of a conversation. */
  readonly turns?: number;
}

/** Counts no further than the limits. */
function exampleLength(example: Example): ExampleLength {
  switch (example.kind) {
    case 'messages': {
      const { messages, tools } = example;
      const turns = messages.length;
      let characters = tools == null ? 0 : writtenLength(tools);
      for (const message of turns > rowLimits.turns ? [] : messages) characters += turnLength(message);
      return { characters, turns };
    }
    case 'completion':
      return { characters: example.prompt.length + example.completion.length };
    case 'text':
    case 'classification':
      return { characters: example.text.length };
  }
}

function turnLength({ role: _role, content, weight: _weight, ...more }: Message): number {
  let length = typeof content === 'string' ? content.length : 0;
  for (const key in more) length += key.length + writtenLength(more[key]);
  return length;
}

function writtenLength(value: unknown): number {
  return typeof value === 'string' ? value.length : (JSON.stringify(value)?.length ?? 0);
}

/** Says what of a row is more than any row may have. */
export function beyondRowLimits(example: Example): string | undefined {
  const { characters, turns } = exampleLength(example);
  if (turns !== undefined && turns > rowLimits.turns) {
    return `the conversation has ${turns} turns, but at most ${rowLimits.turns} are allowed`;
  }
  const most = turns === undefined ? rowLimits.textLength : rowLimits.conversationLength;
  return characters > most
    ? `the row has ${characters} characters, but at most ${most} are allowed`
    : undefined;
}

/** Says why a row cannot have as few tokens as allowed, if its length alone tells that. */
export function definitelyTooLong(example: Example, maxTokens: number): string | undefined {
  const { characters, turns } = exampleLength(example);
  if (turns !== undefined && turns > maxTokens) {
    return `the conversation has ${turns} turns, but at most ${maxTokens} tokens are allowed`;
  }
  return characters > Math.max(SHORT, CHARACTERS_A_TOKEN * maxTokens)
    ? `the row has ${characters} characters, but at most ${maxTokens} tokens are allowed`
    : undefined;
}

/** @throws AttuneError EXAMPLE_TOO_LONG if the row exceeds {@link rowLimits}. */
export function checkRowLimits(example: Example): void {
  const problem = beyondRowLimits(example);
  if (problem === undefined) return;
  throw new AttuneError('EXAMPLE_TOO_LONG', `The row cannot be encoded: ${problem}.`, {
    fix: 'Cut it into several rows.',
    data: { ...exampleLength(example) },
  });
}
