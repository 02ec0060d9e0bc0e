import { jest } from '@jest/globals';
import { jinjaChatTemplate } from '../../chat/jinja-template.js';
import type { ChatTemplate } from '../../chat/index.js';
import { startSourceRenderWorker } from '../../testing/source-worker.js';
import { workerEngine, type RenderLimits } from './worker-engine.js';

// A thread that runs sources has to load the compiler first.
jest.setTimeout(60_000);

const opened: ChatTemplate[] = [];

function open(source: string, limits?: RenderLimits): ChatTemplate {
  const sources = { name: 'test', templates: { default: source } };
  const template = jinjaChatTemplate(
    sources,
    { eos_token: '</s>' },
    workerEngine(sources, limits, startSourceRenderWorker),
  );
  opened.push(template);
  return template;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((template) => template.close()));
});

const hi = [{ role: 'user', content: 'hi' }];

describe('a template in a thread of its own', () => {
  it('renders, in order, what is asked at once', async () => {
    const template = open('{{ messages[0].content }}{{ eos_token }}');
    const texts = ['a', 'b', 'c'].map((content) => template.render([{ role: 'user', content }]));
    expect(await Promise.all(texts)).toEqual(['a</s>', 'b</s>', 'c</s>']);
    // Too much to be copied to the thread at once.
    const long = ['d', 'e', 'f'].map((content) => ({
      messages: [{ role: 'user', content: content.repeat(700_000) }],
    }));
    const renderings = await template.renderAll(long);
    expect(renderings.map((each) => !(each instanceof Error) && [each.text[0], each.text.length])).toEqual([
      ['d', 700_004],
      ['e', 700_004],
      ['f', 700_004],
    ]);
  });

  const LOOP = '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}';

  it('is stopped when it does not come to an end, and can be used again', async () => {
    const template = open(`{% if messages[0].content == 'loop' %}${LOOP}{% endif %}fine`, {
      milliseconds: 300,
    });
    const loops = template.render([{ role: 'user', content: 'loop' }]);
    const waits = template.render(hi);
    await expect(loops).rejects.toMatchObject({
      code: 'TEMPLATE_FAILED',
      message: expect.stringContaining('did not finish within 0.3 seconds'),
    });
    expect(await waits).toBe('fine');
  });

  it('does not take the memory of the process', async () => {
    const grow = (what: string, start: string, sum: string) =>
      `{% if messages[0].content == '${what}' %}{% set x = namespace(y=${start}) %}{% for i in range(99) %}{% set x.y = ${sum} %}{% endfor %}{{ x.y }}{% endif %}`;
    const template = open(grow('list', '[1]', 'x.y + x.y') + grow('text', "'ab'", 'x.y ~ x.y'), {
      megabytes: 32,
    });
    const error = await template
      .render([{ role: 'user', content: 'list' }])
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'TEMPLATE_FAILED',
      message: expect.stringContaining('took more than 32 MiB of memory'),
    });
    const text = template.render([{ role: 'user', content: 'text' }]);
    await expect(text).rejects.toMatchObject({ code: 'TEMPLATE_FAILED' });
  });

  it('rejects what is under way when it is closed', async () => {
    const template = open(LOOP);
    const rendering = expect(template.render(hi)).rejects.toMatchObject({ code: 'DISPOSED' });
    await template.close();
    await rendering;
    await expect(template.render(hi)).rejects.toMatchObject({ code: 'DISPOSED' });
  });
});
