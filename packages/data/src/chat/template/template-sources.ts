import { AttuneError } from '@attune/core';
import { templateSizeProblem } from '../jinja/template-size.js';

/** The templates of a model: one for all conversations, possibly another one for those with tools. */
export interface TemplateSources {
  /** For messages: where they come from. */
  readonly name: string;
  readonly templates: { readonly default: string; readonly [name: string]: string };
}

/**
 * The chat template that a model's files hold: `chat_template.jinja`, or else `chat_template` of
 * `tokenizer_config.json`, which is a text or a list of named texts.
 *
 * @param jinja contents of `chat_template.jinja`.
 * @param named contents of `additional_chat_templates/*.jinja`, by name.
 * @returns `undefined` if there is none.
 * @throws AttuneError FILE_CORRUPT, also for a template of more than 262,144 characters, or more than 64 of them
 */
export function templateSources(
  tokenizerConfig: unknown,
  jinja?: string,
  named: Readonly<Record<string, string>> = {},
): TemplateSources | undefined {
  if (jinja !== undefined) {
    return withinSize({ name: 'chat_template.jinja', templates: { ...named, default: jinja } });
  }
  const written = (tokenizerConfig as { chat_template?: unknown } | null | undefined)?.chat_template;
  if (written === undefined || written === null) return undefined;
  const name = 'tokenizer_config.json';
  if (typeof written === 'string') return withinSize({ name, templates: { ...named, default: written } });
  const list: unknown[] = Array.isArray(written) ? written : [];
  const templates = Object.fromEntries(
    list.map((entry) => {
      const { name: key, template } = (entry ?? {}) as { name?: unknown; template?: unknown };
      if (typeof key === 'string' && typeof template === 'string') return [key, template] as const;
      throw corrupt('an entry of its list has no "name" and "template"');
    }),
  );
  const { default: ordinary } = templates;
  if (ordinary === undefined) throw corrupt('it is neither a text nor a list with one named "default"');
  return withinSize({ name, templates: { ...templates, default: ordinary } });
}

function withinSize(sources: TemplateSources): TemplateSources {
  const problem = templateSizeProblem(sources.templates);
  if (problem !== undefined) throw corrupt(problem, sources.name);
  return sources;
}

function corrupt(what: string, file = 'tokenizer_config.json'): AttuneError {
  return new AttuneError('FILE_CORRUPT', `The chat template of ${file} cannot be used: ${what}.`, {
    fix: 'Choose a template by name (chatml, llama3, plain) or by the path of a Jinja file.',
  });
}
