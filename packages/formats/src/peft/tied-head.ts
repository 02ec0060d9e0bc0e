import type { RootModule } from '@attune/nn';

/** The head that predicts tokens, and its weight. */
export const HEAD = 'lm_head';
export const HEAD_WEIGHT = 'lm_head.weight';

/** Names of token embeddings. */
const EMBEDDING = /(^|\.)(wte|embed_tokens)$/;

/** The names by which peft knows that an embedding or a head is meant. */
const PEFT_NAMES = ['embed_tokens', HEAD];

/** Path of the module that embeds tokens, if there is one. */
export function embeddingOf(model: RootModule): string | undefined {
  return [...model.modules.keys()].find((path) => EMBEDDING.test(path));
}

/** A model whose head shares the token embedding, and can be given a weight of its own. */
export interface TiedModel extends RootModule {
  readonly aliases: Readonly<Record<string, string>>;
  untie(): void;
}

/** True if the head of a model is its token embedding. */
export function isTied(model: RootModule): model is TiedModel {
  return 'untie' in model && 'aliases' in model && Object.hasOwn(model.aliases as object, HEAD_WEIGHT);
}

/** True if peft, asked to keep an embedding and its head tied, finds one of them among names. */
export function namesEmbedding(names: readonly string[]): boolean {
  return names.some((name) => PEFT_NAMES.includes(name.split('.').at(-1)!));
}
