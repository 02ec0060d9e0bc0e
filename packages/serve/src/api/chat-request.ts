import type { Message } from '@attune/data';
import { z } from 'zod';
import { invalid } from './api-error.js';
import { MOST_LOGPROBS, sharedHarmless, sharedRefused, sharedShape, tokenCount } from './parameters.js';
import type { RequestForm } from './validate.js';

/** Turns of a conversation that is asked about. */
const MOST_MESSAGES = 1024;
/** Parts that the content of a turn may be given in. */
const MOST_PARTS = 256;

const textPart = z.strictObject({
  type: z.literal('text', 'Expected "text": images, audio and files are not supported'),
  text: z.string(),
});

const content = z.union(
  [z.string(), z.array(z.unknown()).max(MOST_PARTS).pipe(z.array(textPart))],
  'Expected a text, or parts of type "text": images, audio and files are not supported',
);

const message = z.strictObject({
  role: z.enum(
    ['system', 'developer', 'user', 'assistant'],
    'Expected system, developer, user or assistant: tools are not supported',
  ),
  content: content.nullish(),
  name: z.string().max(256).nullish(),
  // Answers of other models are sent back with these.
  refusal: z.null('Refusals are not supported').optional(),
  audio: z.null('Audio is not supported').optional(),
  annotations: z.array(z.unknown()).max(0, 'Annotations are not supported').nullish(),
  tool_calls: z.array(z.unknown()).max(0, 'Tools are not supported').nullish(),
  function_call: z.null('Tools are not supported').optional(),
});

const primitive = z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]);

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: z.string().max(256).optional(),
      description: z.string().optional(),
      schema: z.record(z.string(), z.unknown()),
      strict: z.boolean().nullish(),
    }),
  }),
]);

const shape = {
  ...sharedShape,
  messages: z.array(z.unknown()).min(1).max(MOST_MESSAGES).pipe(z.array(message)),
  max_tokens: tokenCount,
  max_completion_tokens: tokenCount,
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().int().min(0).max(MOST_LOGPROBS).nullish(),
  response_format: responseFormat.nullish(),
  // Not OpenAI's: variables for the chat template, by the name of other servers.
  chat_template_kwargs: z.record(z.string().max(100), primitive).nullish(),
};

const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;
const NO_TOOLS = 'Describe the tools in a message, and ask for an answer in the form of a response_format.';

/** `POST /v1/chat/completions`. */
export const chatForm = {
  schema: z.object(shape),
  harmless: [
    ...sharedHarmless,
    ...['prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention', 'parallel_tool_calls'],
  ],
  refused: {
    ...sharedRefused,
    tools: { instead: NO_TOOLS, idle: isEmpty },
    tool_choice: { instead: NO_TOOLS, idle: (value) => value === 'none' || value === 'auto' },
    functions: { instead: NO_TOOLS, idle: isEmpty },
    function_call: { instead: NO_TOOLS, idle: (value) => value === 'none' || value === 'auto' },
    modalities: {
      instead: 'Answers are texts.',
      idle: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
    },
    audio: { instead: 'Answers are texts.' },
    moderation: { instead: 'Moderate what comes in and out yourself.' },
    prediction: { instead: 'Leave it out.' },
    reasoning_effort: {
      instead: 'Say it in chat_template_kwargs, if the chat template of the model has a variable for it.',
      idle: (value) => value === 'none',
    },
    verbosity: { instead: 'Ask for it in a message.', idle: (value) => value === 'medium' },
    web_search_options: { instead: 'Put what the model is to know into a message.' },
  },
} satisfies RequestForm<z.ZodObject<typeof shape>>;

/** A request for the next turn of a conversation. */
export type ChatRequest = z.infer<typeof chatForm.schema>;

type ChatMessage = ChatRequest['messages'][number];

/** A turn as chat templates read it. */
export function messageOf({ role, content: given, name }: ChatMessage): Message {
  const parts = given ?? '';
  return {
    // OpenAI's newer word for it, which templates do not know.
    role: role === 'developer' ? 'system' : role,
    content: typeof parts === 'string' ? parts : parts.map(({ text }) => text).join(''),
    ...(name != null && { name }),
  };
}

/** The most tokens of the answer, by either name. @throws ApiError 400 if both are given, and differ. */
export function maxTokensOf({
  max_tokens: old,
  max_completion_tokens: given,
}: ChatRequest): number | undefined {
  if (old != null && given != null && old !== given) {
    throw invalid('max_tokens and max_completion_tokens differ. Give one of them.', 'max_tokens');
  }
  return given ?? old ?? undefined;
}
