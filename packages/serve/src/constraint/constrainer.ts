import { AttuneError } from '@attune/core';
import type { Tokenizer } from '@attune/data';
import type { TokenConstraint } from '../batching/contract.js';
import { Grammar, type GrammarLimits } from './grammar.js';
import type { StartGrammarThread } from './grammar-thread.js';
import { withIntegersListed } from './integer-bounds.js';
import { checkSchema } from './schema-rules.js';
import { vocabularyOf, type Vocabulary } from './vocabulary.js';

/** The form of an answer: any object of JSON, or what a JSON schema says. */
export type AnswerForm =
  { readonly type: 'json_object' } | { readonly type: 'json_schema'; readonly schema: unknown };

/** Options of {@link createConstrainer}. */
export interface ConstrainerOptions {
  readonly tokenizer: Tokenizer;
  /** How many logits the model has: at least as many as the tokenizer has tokens. */
  readonly vocabSize: number;
  /** The tokens that end an answer. */
  readonly endTokens: () => Promise<readonly number[]>;
  /** Starts the thread of a grammar: `startGrammarThread` of `@attune/serve/node`. */
  readonly start: StartGrammarThread;
  readonly limits?: GrammarLimits;
  /** Grammars that are kept, each with a thread of its own. Default 4. */
  readonly grammars?: number;
}

/** A form that answers can be held to. */
export interface PreparedForm {
  /** Begins an answer. */
  text(): TokenConstraint;
  /** Says that no more answers begin. Those that have begun go on. */
  release(): void;
}

/** Holds answers to a form. */
export interface Constrainer {
  /**
   * Prepares a form. A schema that was used lately is there;
   * another one is compiled, in a thread that is ended when it takes more than its limits.
   *
   * @throws AttuneError SCHEMA_UNSUPPORTED, SCHEMA_TOO_COSTLY, UNSUPPORTED_MODEL for a tokenizer whose tokens have no bytes of
   * their own; QUEUE_FULL if answers are being written by as many grammars as there may be; the signal's reason.
   */
  prepare(form: AnswerForm, signal?: AbortSignal): Promise<PreparedForm>;
  /** Ends all threads. Answers that are being written fail. */
  dispose(): void;
}

const ANY_OBJECT = { type: 'object', additionalProperties: true };

interface Entry {
  readonly grammar: Promise<Grammar>;
  /** Requests that prepare answers by it. */
  holds: number;
  /** Missing until it is compiled. */
  ready?: Grammar;
}

/** Creates a {@link Constrainer}. Nothing is loaded before the first form is asked for. */
export function createConstrainer(options: ConstrainerOptions): Constrainer {
  const { tokenizer, vocabSize, endTokens, start, limits, grammars = 4 } = options;
  /** By schema, in the order in which they were last used. */
  const entries = new Map<string, Entry>();
  let vocabulary: Promise<Vocabulary> | undefined;
  let disposed = false;

  /** @throws AttuneError QUEUE_FULL. */
  function makeRoom(): void {
    for (const [schema, { ready, holds }] of entries) {
      if (entries.size < grammars) return;
      if (!ready || holds > 0 || ready.texts > 0) continue;
      ready.dispose();
      entries.delete(schema);
    }
    if (entries.size < grammars) return;
    throw new AttuneError('QUEUE_FULL', `Answers are being held to ${grammars} schemas already.`, {
      fix: 'Ask again in a moment.',
    });
  }

  async function compile(schema: string): Promise<Grammar> {
    vocabulary ??= vocabularyOf(tokenizer, vocabSize);
    return Grammar.compile(schema, await vocabulary, start, limits);
  }

  function find(schema: string): Entry {
    const known = entries.get(schema);
    if (known && !known.ready?.failed) {
      entries.delete(schema);
      entries.set(schema, known);
      return known;
    }
    entries.delete(schema);
    makeRoom();
    const entry: Entry = { grammar: compile(schema), holds: 0 };
    entries.set(schema, entry);
    entry.grammar.then(
      (grammar) => {
        entry.ready = grammar;
        if (disposed) grammar.dispose();
      },
      () => entries.get(schema) === entry && entries.delete(schema),
    );
    return entry;
  }

  return {
    async prepare(form, signal) {
      if (disposed) throw new AttuneError('DISPOSED', 'The constrainer was used after dispose().');
      const schema = form.type === 'json_object' ? ANY_OBJECT : form.schema;
      checkSchema(schema);
      const ends = await endTokens();
      signal?.throwIfAborted();
      const entry = find(JSON.stringify(withIntegersListed(schema)));
      entry.holds++;
      let held = true;
      const release = () => {
        if (held) entry.holds--;
        held = false;
      };
      try {
        const grammar = await entry.grammar;
        signal?.throwIfAborted();
        return { text: () => grammar.text(ends), release };
      } catch (error) {
        release();
        throw error;
      }
    },
    dispose() {
      disposed = true;
      for (const { ready } of entries.values()) ready?.dispose();
      entries.clear();
    },
  };
}
