import type { AnswerForm, PreparedForm } from '../constraint/constrainer.js';
import type { ServedModel } from '../models/served-model.js';
import { ApiError, invalid } from './api-error.js';
import type { ChatRequest } from './chat-request.js';

/**
 * The form that the answers keep to; `undefined` where they are free. Release it when they have begun.
 *
 * @throws ApiError 400 for a form that cannot be kept to; AttuneError as `Constrainer.prepare`.
 */
export async function formFor(
  format: ChatRequest['response_format'],
  { constrainer }: ServedModel,
  signal: AbortSignal,
): Promise<PreparedForm | undefined> {
  if (format == null || format.type === 'text') return undefined;
  if (!constrainer) {
    throw new ApiError(400, `response_format of type ${format.type} is not supported. Use type "text".`, {
      param: 'response_format',
      code: 'unsupported_parameter',
    });
  }
  return constrainer.prepare(formOf(format), signal);
}

function formOf(format: NonNullable<ChatRequest['response_format']>): AnswerForm {
  if (format.type !== 'json_schema') return { type: 'json_object' };
  const { schema } = format.json_schema;
  if (schema === undefined) {
    throw invalid('response_format of type json_schema needs json_schema.schema.', 'response_format');
  }
  return { type: 'json_schema', schema };
}
