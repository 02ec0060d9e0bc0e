import { AttuneError } from '@attune/core';
import type { Message } from '../../examples/index.js';
import type { ChatTemplate, RenderOptions, RenderRequest } from './chat-template.js';
import type { Rendering } from '../jinja/evaluate/rendering.js';
import {
  hasGenerationMarks,
  TemplateSet,
  type RenderFailure,
  type RenderJob,
  type RenderOutcome,
} from '../jinja/render.js';
import type { TemplateSources } from './template-sources.js';
import { templateVariables } from './template-variables.js';

/** Renders templates: in this thread, or in another one that can be stopped. */
export interface RenderEngine {
  render(jobs: readonly RenderJob[]): Promise<readonly RenderOutcome[]>;
  close(): Promise<void>;
}

/**
 * A Jinja template, rendered in this thread. A template is a program: it ends with an error when its budget of steps and
 * memory is used up, and until then nothing else runs here.
 * Use this for templates of your own and in environments without threads; `@attune/data/node` renders those of
 * downloaded models in a thread of their own.
 *
 * @param tokenTexts texts of special tokens by name (`bos_token`), as `SpecialTokens.names` has them.
 */
export function inProcessChatTemplate(
  sources: TemplateSources,
  tokenTexts: Readonly<Record<string, string>> = {},
): ChatTemplate {
  const templates = new TemplateSet(sources.templates);
  return jinjaChatTemplate(sources, tokenTexts, {
    render: async (jobs) => jobs.map((job) => templates.render(job)),
    close: async () => undefined,
  });
}

/** A chat template on any engine. It is given the variables transformers gives. */
export function jinjaChatTemplate(
  { name, templates }: TemplateSources,
  tokenTexts: Readonly<Record<string, string>>,
  engine: RenderEngine,
): ChatTemplate {
  const jobOf = (request: RenderRequest, now: number): RenderJob => ({
    template: request.tools != null && templates['tool_use'] !== undefined ? 'tool_use' : 'default',
    variables: templateVariables({
      ...tokenTexts,
      ...request.variables,
      messages: request.messages.map(withoutWeight),
      tools: request.tools ?? null,
      documents: null,
      add_generation_prompt: request.addGenerationPrompt ?? false,
    }),
    now,
  });
  const resultOf = (outcome: RenderOutcome): Rendering | Error =>
    'failure' in outcome ? templateError(name, outcome.failure) : outcome;

  const renderAll = async (requests: readonly RenderRequest[]) => {
    // One time for all of them: texts that are compared must not differ by a second.
    const now = Date.now();
    return (await engine.render(requests.map((request) => jobOf(request, now)))).map(resultOf);
  };
  return {
    name,
    source: templates.default,
    hasMarks: hasGenerationMarks(templates.default),
    renderAll,
    async render(messages: readonly Message[], options: RenderOptions = {}) {
      const [result] = await renderAll([{ ...options, messages }]);
      if (result instanceof Error) throw result;
      return result!.text;
    },
    close: () => engine.close(),
  };
}

/** A turn as the template sees it: without our loss weight, and without absent fields. */
function withoutWeight({ weight: _weight, ...turn }: Message): Record<string, unknown> {
  return Object.fromEntries(Object.entries(turn).filter(([, value]) => value !== undefined));
}

function templateError(name: string, { message, line, refused }: RenderFailure): AttuneError {
  const place = line === undefined ? name : `${name}, line ${line}`;
  return new AttuneError(
    'TEMPLATE_FAILED',
    refused
      ? `The chat template (${place}) refuses the conversation: ${message}.`
      : `The chat template (${place}) cannot be rendered: ${message}.`,
    {
      fix: refused
        ? 'Write the turns as this model expects them, or choose another template.'
        : 'Correct the template, or choose another one: chatml, llama3, plain, or a file.',
      data: { template: name, ...(line !== undefined && { line }), ...(refused && { refused: message }) },
    },
  );
}
