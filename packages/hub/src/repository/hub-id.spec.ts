import { hasLocalName, parseHubId } from './hub-id.js';

test.each([
  ['org/model', 'org/model', 'main'],
  ['HuggingFaceTB/SmolLM2-135M', 'HuggingFaceTB/SmolLM2-135M', 'main'],
  ['org/model_v1.5@v2.0', 'org/model_v1.5', 'v2.0'],
  ['org/model@refs/pr/3', 'org/model', 'refs/pr/3'],
  ['hf://org/model', 'org/model', 'main'],
])('%s is a model of the hub', (text, name, revision) => {
  expect(parseHubId(text)).toEqual({ name, revision });
});

test.each([
  ...['gpt2', 'org/', '/model', 'a/b/c', './model', '../model', 'org/..', '..', 'org/mo..del', 'org/mo--del'],
  ...['org\\model', 'C:/model', 'org/model.git', '-org/model', 'org/.model', 'org/mo del', 'örg/model', ''],
  ...['https://huggingface.co/org/model', `org/${'m'.repeat(97)}`, 'org/model\n', 'org/mo\0del'],
])('%j is not', (text) => {
  expect(parseHubId(text)).toBeUndefined();
});

test.each([
  ...['..', '../../x', 'a/../b', '/main', 'main/', 'a//b', '.hidden', 'a/.b', 'x.lock', '-x', 'a b', 'a\\b'],
  ...['', 'x\n', 'a:b', 'a~1', 'a^', 'x'.repeat(201)],
])('%j cannot be a revision', (revision) => {
  expect(() => parseHubId('org/model', revision)).toThrow(/cannot be a revision/);
  expect(() => parseHubId(`org/model@${revision}`)).toThrow(/cannot be a revision/);
});

test('two revisions are one too many', () => {
  expect(() => parseHubId('org/model@a', 'b')).toThrow(/given beside it/);
  expect(parseHubId('org/model@a', 'a')).toEqual({ name: 'org/model', revision: 'a' });
});

test.each(['runs/tiny', 'run/x', 'checkpoints/step-100', 'models/llama@main', 'Output/x', 'out/x', 'tmp/x'])(
  '%s begins as a folder of one’s own does',
  (text) => {
    expect(hasLocalName(text)).toBe(true);
  },
);

test.each([
  ...['openai-community/gpt2', 'HuggingFaceTB/SmolLM2-135M', 'runsheng/tiny', 'modelscope/x', 'datalab-to/x'],
  ...['EleutherAI/gpt-neo', 'hf://runs/tiny', 'runs', 'outlines/x'],
])('%s does not', (text) => {
  expect(hasLocalName(text)).toBe(false);
});
