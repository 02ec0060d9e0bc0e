import { builtInTemplate, type SpecialTokens } from '@attune/data';

/** Text that a template in Go's language holds as it is. */
const PLAIN = /^(?:(?!"""|\{\{|\}\})[^\p{Cc}])*$/u;

const EACH = '{{- range .Messages }}';
const END = '{{ end }}';

const ROLES =
  '{{ if eq .Role "user" }}User{{ else if eq .Role "assistant" }}Assistant{{ else }}System{{ end }}';

/**
 * A chat template in Go's language, as Ollama has it, for the templates that attune itself gives to models.
 *
 * @param source of the model's template; `undefined` if it has none: then prompts are handed on as they are.
 * @returns `undefined` for a template of somebody else's, and for one that cannot be said in Go: Llama 3's trims messages.
 */
export function ollamaTemplate(source: string | undefined, tokens: SpecialTokens): string | undefined {
  if (source === undefined) return '{{ .Prompt }}';
  const isBuiltIn = (name: string) => builtInTemplate(name, tokens).templates['default'] === source;
  const textOf = (id: number | undefined) => [...tokens.texts].find(([, other]) => other === id)?.[0] ?? '';
  // The token that begins a text is added where text becomes tokens.
  const eos = textOf(tokens.eos);
  const turn = tokens.texts.has('<|im_end|>') ? '<|im_end|>' : eos;
  if (!PLAIN.test(eos) || !PLAIN.test(turn)) return undefined;
  if (isBuiltIn('chatml')) {
    return `${EACH}<|im_start|>{{ .Role }}\n{{ .Content }}${turn}\n${END}<|im_start|>assistant\n`;
  }
  if (isBuiltIn('plain')) {
    const end = `{{ if eq .Role "assistant" }}${eos}{{ end }}`;
    return `${EACH}${ROLES}: {{ .Content }}${end}\n${END}Assistant:`;
  }
  return undefined;
}
