import type { ServedModel } from '../models/served-model.js';
import { invalid } from './api-error.js';
import type { Call, Reply } from './call.js';
import { eachPrompt } from './completion-request.js';
import type { EmbeddingRequest } from './embedding-request.js';
import { encodeCompletion } from './encode.js';

/** Texts that one request may give: each waits for its turn of the queue. */
const MOST_INPUTS = 64;

/**
 * Answers `POST /v1/embeddings`.
 *
 * @throws ApiError; AttuneError as encoding and queueing do.
 */
export async function embed(request: EmbeddingRequest, model: ServedModel, call: Call): Promise<Reply> {
  const inputs = eachPrompt(request.input);
  if (inputs.length > MOST_INPUTS) {
    throw invalid(`One request may give ${MOST_INPUTS} texts, but gives ${inputs.length}.`, 'input');
  }
  if (inputs.some((input) => input.length === 0)) throw invalid('A text is empty.', 'input');
  const texts = await Promise.all(inputs.map((input) => encodeCompletion(input, model)));
  const tokens = texts.reduce((sum, text) => sum + text.tokens.length, 0);
  call.count({ prompt_tokens: tokens });
  const vectors = await Promise.all(texts.map((text) => model.embed(text.tokens, call.signal)));
  const written =
    request.encoding_format === 'base64' ? base64Of : (vector: Float32Array) => Array.from(vector);
  return {
    body: {
      object: 'list',
      data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: written(vector) })),
      model: model.id,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    },
  };
}

/** The numbers of a vector as f32, the lowest byte first. */
function base64Of(vector: Float32Array): string {
  const bytes = new DataView(new ArrayBuffer(4 * vector.length));
  vector.forEach((value, i) => bytes.setFloat32(4 * i, value, true));
  return btoa(Array.from(new Uint8Array(bytes.buffer), (byte) => String.fromCharCode(byte)).join(''));
}
