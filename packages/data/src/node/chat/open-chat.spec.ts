import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { specialTokensOf } from '../../chat/index.js';
import { readFixture } from '../../testing/fixture.js';
import { hfTokenizer } from '../../tokenizers/index.js';
import { openChatTemplate, openSpecialTokens } from './open-chat.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-chat-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function tokenizerOf(config: object) {
  return hfTokenizer(await readFixture('tiny_tokenizers/byte_level/tokenizer.json'), config);
}

async function specialTokens() {
  return specialTokensOf(await tokenizerOf({ eos_token: '<|im_end|>' }));
}

const write = (name: string, content: unknown) =>
  writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

describe('openSpecialTokens', () => {
  it('reads all files that name them', async () => {
    const tokenizer = await tokenizerOf({ bos_token: '<s>' });
    await write('special_tokens_map.json', { eos_token: '</s>' });
    await write('generation_config.json', { eos_token_id: [6] });
    await write('config.json', { pad_token_id: 3 });
    expect(await openSpecialTokens(folder, tokenizer)).toMatchObject({
      bos: 1,
      eos: 2,
      eosIds: [2, 6],
      pad: 3,
    });
  });

  it('needs none of them', async () => {
    expect(await openSpecialTokens(folder, await tokenizerOf({ eos_token: '</s>' }))).toMatchObject({
      eos: 2,
    });
  });
});

describe('openChatTemplate', () => {
  const open = async (template?: string) => {
    const opened = await openChatTemplate(folder, { specialTokens: await specialTokens(), template });
    await opened?.close();
    return opened && { name: opened.name, source: opened.source };
  };

  it('finds the template of the model, in its own file first', async () => {
    expect(await open()).toBeUndefined();
    await write('tokenizer_config.json', { chat_template: null });
    expect(await open()).toBeUndefined();
    await write('tokenizer_config.json', { chat_template: 'a' });
    expect(await open()).toEqual({ name: 'tokenizer_config.json', source: 'a' });
    const named = [
      { name: 'tool_use', template: 'b' },
      { name: 'default', template: 'c' },
    ];
    await write('tokenizer_config.json', { chat_template: named });
    expect(await open()).toEqual({ name: 'tokenizer_config.json', source: 'c' });
    await write('chat_template.jinja', 'd');
    expect(await open()).toEqual({ name: 'chat_template.jinja', source: 'd' });
    await mkdir(join(folder, 'additional_chat_templates'));
    await write('additional_chat_templates/tool_use.jinja', 'e');
    expect(await open()).toEqual({ name: 'chat_template.jinja', source: 'd' });
  });

  it('takes another one by name or by path', async () => {
    await write('tokenizer_config.json', { chat_template: 'a' });
    expect(await open('chatml')).toMatchObject({
      name: 'chatml',
      source: expect.stringContaining('<|im_start|>'),
    });
    await write('my.jinja', 'f');
    expect(await open(join(folder, 'my.jinja'))).toEqual({ name: 'my.jinja', source: 'f' });
  });

  it.each([
    ['chat-ml', 'INVALID_ARGUMENT', 'chatml'],
    ['no/such.jinja', 'FILE_NOT_FOUND', 'no/such.jinja'],
  ])('says what there is instead of %s', async (template, code, part) => {
    await expect(open(template)).rejects.toMatchObject({ code, message: expect.stringContaining(part) });
  });

  it.each([[5], [[]], [[{ name: 'default' }]], [[{ name: 'rag', template: 'a' }]], [[null]]])(
    'refuses a chat_template that is %j',
    async (template) => {
      await write('tokenizer_config.json', { chat_template: template });
      await expect(open()).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    },
  );

  it('refuses a file that is no template by its size', async () => {
    await write('chat_template.jinja', 'x'.repeat(2 ** 18 + 1));
    await expect(open()).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  });
});
