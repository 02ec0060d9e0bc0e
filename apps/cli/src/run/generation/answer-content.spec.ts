import { inProcessChatTemplate } from '@attune/data';
import { answerContent } from './answer-content.js';

const templateOf = (source: string) =>
  inProcessChatTemplate({ name: 'test', templates: { default: source } });
const turns = [{ role: 'user', content: 'Hi' }];

test.each([
  ['puts a space before an answer', "[INST] {{ m.content }} [/INST]|{{ ' ' + m.content }}", 'Hello'],
  ['writes an answer as it is', '[INST] {{ m.content }} [/INST]|{{ m.content }}', ' Hello'],
  ['trims an answer', "[INST] {{ m.content }} [/INST]|{{ ' ' + m.content | trim }}", ' Hello'],
])('a template that %s', async (_, source, expected) => {
  const [user, assistant] = source.split('|', 1).concat(source.slice(source.indexOf('|') + 1));
  const template = templateOf(
    `{% for m in messages %}{% if m.role == 'user' %}${user}{% else %}${assistant}{% endif %}{% endfor %}`,
  );
  const content = await answerContent(' Hello', turns, template);
  expect(content).toBe(expected);
  const [prompt, again] = [
    await template.render(turns),
    await template.render([...turns, { role: 'assistant', content }]),
  ];
  expect(again).toBe(`${prompt} Hello`);
});

test('an answer that begins with a word is what it says', async () => {
  expect(await answerContent('Hello', turns, templateOf('{{ none.x.y }}'))).toBe('Hello');
});
