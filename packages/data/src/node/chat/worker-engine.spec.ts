import { jinjaChatTemplate } from '../../chat/template/jinja-template.js';
import type { ChatTemplate } from '../../chat/index.js';
import type { RenderJob } from '../../chat/jinja/render.js';
import { startRenderWorker as startInProcess } from '../../testing/render-in-process.js';
import { startSourceRenderWorker } from '../../testing/source-worker.js';
import type { StartRenderWorker } from './start-render-worker.js';
import { workerEngine, type RenderLimits } from './worker-engine.js';

const LOOP = '{% for a in range(999) %}'.repeat(5) + '{% endfor %}'.repeat(5);
const GROW =
  '{% set x = namespace(y=[1]) %}{% for i in range(99) %}{% set x.y = x.y + x.y %}{% endfor %}{{ x.y }}';

/** The clock and the heap of a thread are the last resort: its budget ends a template long before the usual limits. */
function open(limits: RenderLimits = {}): ChatTemplate {
  const source =
    `{% if messages[0].content == 'loop' %}${LOOP}{% endif %}{% if messages[0].content == 'grow' %}${GROW}{% endif %}` +
    '{{ messages[0].content }}{{ eos_token }}';
  const sources = { name: 'test', templates: { default: source } };
  return jinjaChatTemplate(
    sources,
    { eos_token: '</s>' },
    workerEngine(sources, limits, startSourceRenderWorker),
  );
}

const saying = (content: string) => [{ role: 'user', content }];

describe('a template in a thread of its own', () => {
  let template: ChatTemplate;
  beforeAll(() => (template = open()));
  afterAll(() => template.close());

  it('renders, in order, what is asked at once', async () => {
    const texts = ['a', 'b', 'c'].map((content) => template.render(saying(content)));
    expect(await Promise.all(texts)).toEqual(['a</s>', 'b</s>', 'c</s>']);
  });

  it('renders what is too much to be copied at once', async () => {
    const long = ['d', 'e', 'f'].map((content) => ({ messages: saying(content.repeat(700_000)) }));
    const renderings = await template.renderAll(long);
    const begins = renderings.map((each) => !(each instanceof Error) && [each.text[0], each.text.length]);
    expect(begins).toEqual(['d', 'e', 'f'].map((content) => [content, 700_004]));
  });

  it('refuses what cannot be copied', async () => {
    const withFunction = template.render(saying('a'), { variables: { f: () => 1 } });
    await expect(withFunction).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each([
    ['loop', 'steps'],
    ['grow', 'bytes of memory'],
  ])('fails when it goes beyond its budget (%s), and can be used again', async (content, of) => {
    const fails = expect(template.render(saying(content))).rejects.toMatchObject({
      code: 'TEMPLATE_FAILED',
      message: expect.stringContaining(of),
    });
    const waits = template.render(saying('a'));
    await fails;
    expect(await waits).toBe('a</s>');
  });

  describe('that has little time', () => {
    let hurried: ChatTemplate;
    beforeAll(() => (hurried = open({ milliseconds: 1 })));
    afterAll(() => hurried.close());

    // Each time starts a thread.
    it.each([1, 2, 3])('is stopped when that is over, and can be used again: %s', async () => {
      await expect(hurried.render(saying('loop'))).rejects.toMatchObject({
        code: 'TEMPLATE_FAILED',
        message: expect.stringContaining('did not finish within 0.001 seconds'),
      });
    });

    it('is given up after the third time', async () => {
      await expect(hurried.render(saying('a'))).rejects.toMatchObject({ code: 'TEMPLATE_FAILED' });
    });
  });

  it.each([
    ['is given up, where nothing else is said', {}, 'rejected'],
    ['goes on, where it is to last', { lasting: true }, 'fulfilled'],
  ])('stopped three times, %s', async (_, limits, outcome) => {
    const failing: StartRenderWorker = (data, megabytes) => {
      const worker = startInProcess(data, megabytes);
      const { postMessage } = worker;
      worker.postMessage = (jobs: readonly RenderJob[]) => {
        if (jobs[0]!.variables.includes('fail')) {
          setImmediate(() => worker.emit('error', new Error('no memory')));
        } else postMessage.call(worker, jobs);
      };
      return worker;
    };
    const sources = { name: 'test', templates: { default: '{{ messages[0].content }}' } };
    const served = jinjaChatTemplate(sources, {}, workerEngine(sources, limits, failing));
    for (let i = 0; i < 3; i++) {
      await expect(served.render(saying('fail'))).rejects.toMatchObject({ code: 'TEMPLATE_FAILED' });
    }
    expect(await Promise.allSettled([served.render(saying('a'))])).toMatchObject([{ status: outcome }]);
    await served.close();
  });

  it('does not take the memory of the process', async () => {
    const small = open({ megabytes: 2 });
    await expect(small.render(saying('grow'))).rejects.toMatchObject({
      code: 'TEMPLATE_FAILED',
      message: expect.stringContaining('took more than 2 MiB of memory'),
    });
    await small.close();
  });

  it('rejects what is under way when it is closed', async () => {
    const closed = open();
    const rendering = expect(closed.render(saying('loop'))).rejects.toMatchObject({ code: 'DISPOSED' });
    await closed.close();
    await rendering;
    await expect(closed.render(saying('a'))).rejects.toMatchObject({ code: 'DISPOSED' });
  });
});
