import type { TokenConstraint } from '../batching/contract.js';
import type { ServedModel } from '../models/served-model.js';
import { ApiError } from './api-error.js';
import type { ChatRequest } from './chat-request.js';

/**
 * Makes the answers keep to a form; `undefined` where they are free.
 *
 * @throws ApiError 400 for a form that cannot be kept to.
 */
export async function constraintFor(
  format: ChatRequest['response_format'],
  _model: ServedModel,
): Promise<(() => TokenConstraint) | undefined> {
  if (format == null || format.type === 'text') return undefined;
  throw new ApiError(400, `response_format of type ${format.type} is not supported. Use type "text".`, {
    param: 'response_format',
    code: 'unsupported_parameter',
  });
}
