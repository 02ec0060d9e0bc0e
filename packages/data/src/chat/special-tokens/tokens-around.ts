import { listOf, objectOf } from '@attune/files';

/** Ids that a tokenizer puts before and after a text. */
export interface TokensAround {
  readonly first?: number;
  readonly last?: number;
}

/** The tokens that the post-processor of a `tokenizer.json` adds to a single text. */
export function tokensAround(tokenizerJson: unknown): TokensAround {
  const processor = objectOf(tokenizerJson)['post_processor'];
  const { type, processors } = objectOf(processor);
  // The last word is the last step's that says something.
  return type === 'Sequence' ? Object.assign({}, ...listOf(processors).map(addedBy)) : addedBy(processor);
}

function addedBy(processor: unknown): TokensAround {
  const { type, single, special_tokens: tokens, cls, sep } = objectOf(processor);
  switch (type) {
    case 'TemplateProcessing': {
      const pieces = listOf(single).map((piece) => objectOf(objectOf(piece)['SpecialToken'])['id']);
      const idOf = (piece: unknown): number | undefined => {
        const id =
          typeof piece === 'string' ? listOf(objectOf(objectOf(tokens)[piece])['ids'])[0] : undefined;
        return typeof id === 'number' ? id : undefined;
      };
      return withoutMissing(idOf(pieces[0]), pieces.length > 1 ? idOf(pieces.at(-1)) : undefined);
    }
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const idOf = (pair: unknown) =>
        typeof listOf(pair)[1] === 'number' ? (listOf(pair)[1] as number) : undefined;
      return withoutMissing(idOf(cls), idOf(sep));
    }
    default:
      return {};
  }
}

function withoutMissing(first: number | undefined, last: number | undefined): TokensAround {
  return { ...(first !== undefined && { first }), ...(last !== undefined && { last }) };
}
