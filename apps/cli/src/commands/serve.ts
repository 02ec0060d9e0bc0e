import { fieldGroup, withDefaults } from '@attune/runs';
import { DEFAULT_MAX_WAITING, DEFAULT_ROWS } from '@attune/serve';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { serve } from '../run/serving/serve.js';
import { backendFields, jsonField, weightsField } from './shared-flags.js';

const model = fieldGroup('Model');
const server = fieldGroup('Server');
const access = fieldGroup('Access');

const fields = {
  adapter: model.texts('name=dir', {
    description: 'LoRA adapters to serve beside the model, each under its name',
    default: [],
  }),
  name: model.optionalText('name', {
    description: "name that requests choose the model by (default: its folder's, or its id on the hub)",
  }),
  template: model.optionalText('name|file', {
    description: "chat template, instead of the model's own: chatml, llama3, plain, or a Jinja file",
  }),
  weights: weightsField,
  host: server.text('host', {
    description: 'address to listen on; other machines reach 0.0.0.0',
    default: '127.0.0.1',
  }),
  port: server.integer({
    description: 'port to listen on; 0: any that is free',
    default: 8000,
    min: 0,
    max: 65_535,
  }),
  rows: server.integer({
    description: 'requests answered at once',
    default: DEFAULT_ROWS,
    min: 1,
    max: 1024,
  }),
  queue: server.integer({
    description: 'requests that may wait; one more is told to try again',
    default: DEFAULT_MAX_WAITING,
    min: 1,
    max: 100_000,
  }),
  contextLength: server.optionalInteger({
    description: "tokens of prompt and answer together (default: the model's)",
    min: 2,
  }),
  timeLimit: server.integer({
    description: 'seconds that an answer may take',
    default: 600,
    min: 1,
    max: 86_400,
  }),
  apiKeyFile: access.optionalText('file', {
    description:
      'API keys, one a line, beside that of ATTUNE_API_KEY; needed where other machines reach the server',
  }),
  allowOrigin: access.texts('origin', {
    description: 'origins of web pages that may ask, e.g. https://example.org',
    default: [],
  }),
  allowHost: access.texts('name', {
    description: 'names that the server is called by beside localhost, e.g. behind a proxy',
    default: [],
  }),
  ...backendFields,
  json: { ...jsonField, description: 'write address and requests as JSON to stdout, one object a line' },
};

/** `attune serve`: answers requests by OpenAI's protocol. */
export function serveCommand(context: Context): Command {
  const command = new Command('serve')
    .description('serve a model by an OpenAI-compatible API')
    .argument('<model>', 'run, Hugging Face folder, or hub model (organisation/model)');
  return addFlags(command, fields).action(async (given: string, options: Record<string, unknown>) => {
    await serve({ model: given, ...withDefaults(fields, readFlags(fields, options)) }, context);
  });
}
