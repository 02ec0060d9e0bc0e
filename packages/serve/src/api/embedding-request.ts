import { z } from 'zod';
import { promptsField } from './completion-request.js';
import type { RequestForm } from './validate.js';

const shape = {
  model: z.string().max(1000),
  input: promptsField,
  encoding_format: z.enum(['float', 'base64'], 'Expected "float" or "base64"').nullish(),
};

/** `POST /v1/embeddings`. */
export const embeddingForm = {
  schema: z.object(shape),
  harmless: ['user'],
  refused: { dimensions: { instead: 'Vectors have the width of the model.' } },
} satisfies RequestForm<z.ZodObject<typeof shape>>;

/** A request for vectors of texts. */
export type EmbeddingRequest = z.infer<typeof embeddingForm.schema>;
