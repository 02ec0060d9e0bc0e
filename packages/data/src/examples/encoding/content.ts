import { hashText } from '@attune/core';
import type { Example } from '../rows/example.js';
import { JsonText } from '../rows/json-text.js';

/** Hash of what an example says. */
export function contentHash(example: Example): string {
  return hashText(JSON.stringify(example, asWritten));
}

/** Keeps apart what JavaScript's numbers would make equal. */
function asWritten(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const own = this[key];
  return own instanceof JsonText ? own.text : value;
}

/** Hash of what an example asks: its prompt, the text to classify, or the turns before the first answer. */
export function promptHash(example: Example): string | undefined {
  switch (example.kind) {
    case 'completion':
      return hashText(JSON.stringify(example.prompt));
    case 'classification':
      return hashText(JSON.stringify(example.text));
    case 'text':
      return undefined;
    case 'messages': {
      const answer = example.messages.findIndex(({ role }) => role === 'assistant');
      const asked = answer < 0 ? example.messages : example.messages.slice(0, answer);
      return asked.length === 0
        ? undefined
        : hashText(JSON.stringify(asked.map(({ role, content }) => [role, content])));
    }
  }
}
