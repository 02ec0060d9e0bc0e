import { fieldGroup, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { chat } from '../run/generation/chat.js';
import { generateFields } from './generate.js';
import { adapterField, backendFields, modelField, weightsField } from './shared-flags.js';

const conversation = fieldGroup('Conversation');
const { maxNewTokens, temperature, topK, topP, minP, repetitionPenalty, seed } = generateFields;

const fields = {
  model: modelField,
  adapter: adapterField,
  weights: weightsField,
  template: conversation.optionalText('name|file', {
    description: "chat template, instead of the model's own: chatml, llama3, plain, or a Jinja file",
  }),
  system: conversation.optionalText('text', { description: 'system message' }),
  contextLength: conversation.integer({
    description: "context length in tokens; at most the model's",
    default: 1024,
    min: 2,
  }),
  ...{ maxNewTokens, temperature, topK, topP, minP, repetitionPenalty, seed },
  ...backendFields,
};

/** `attune chat`: a conversation with a model. */
export function chatCommand(context: Context): Command {
  const command = new Command('chat').description('chat with a model, one line per turn');
  return addFlags(command, fields).action(async (options: Record<string, unknown>) => {
    await chat(withDefaults(fields, readFlags(fields, options)), context);
  });
}
