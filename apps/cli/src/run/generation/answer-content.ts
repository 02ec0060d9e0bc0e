import type { ChatTemplate, Message } from '@attune/data';

/**
 * The content of an answer as a turn: the content that the template writes as the model did. Where the template puts a space
 * before an answer, as `[/INST] yes`, the one that the model wrote is the template's.
 *
 * @param turns those before the answer.
 */
export async function answerContent(
  answer: string,
  turns: readonly Message[],
  template: ChatTemplate,
): Promise<string> {
  const bare = answer.trimStart();
  if (bare === answer) return answer;
  const said = (content: string) => ({ messages: [...turns, { role: 'assistant', content }] });
  const [prompt, ...written] = await template.renderAll([
    { messages: turns, addGenerationPrompt: true },
    said(answer),
    said(bare),
  ]);
  const texts = written.map((each) => (each instanceof Error ? undefined : each.text));
  if (!prompt || prompt instanceof Error) return answer;
  const place = texts.findIndex((text) => text?.startsWith(prompt.text + answer));
  return place === 1 ? bare : answer;
}
