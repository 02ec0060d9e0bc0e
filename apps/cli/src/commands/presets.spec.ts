import { presetNames } from '@attune/runs';
import { runAttune } from '../testing/run-attune.js';

test('the table has a row for each preset', async () => {
  const { code, stdout } = await runAttune(['presets']);
  expect(code).toBe(0);
  for (const name of presetNames()) expect(stdout).toMatch(new RegExp(`^${name} +(pretrain|finetune) `, 'm'));
});

test('one of them is shown with its settings, its data and its command', async () => {
  const { stdout } = await runAttune(['presets', 'smollm-lora']);
  expect(stdout).toContain('--lora-rank');
  expect(stdout).toMatch(/^data +conversations/m);
  expect(stdout).toContain('attune finetune --preset smollm-lora --data ROWS.jsonl --out runs/smollm-lora');
});

test('programs get all of it, and lists as they are', async () => {
  const { stdout } = await runAttune(['presets', '--json']);
  const all = JSON.parse(stdout) as { name: string; values: Record<string, unknown>; cost: object }[];
  expect(all.map(({ name }) => name)).toEqual(presetNames());
  expect(all.find(({ name }) => name === 'qwen-lora')).toMatchObject({
    command: 'finetune',
    values: { model: 'Qwen/Qwen2.5-0.5B-Instruct', targetModules: ['all-linear'] },
    cost: expect.any(Object),
  });
});

test('a name that there is not gets the nearest', async () => {
  const { code, stderr } = await runAttune(['presets', 'storys']);
  expect(code).not.toBe(0);
  expect(stderr).toContain('Did you mean "stories"?');
});

describe('attune finetune --preset', () => {
  test('takes the preset of its own, and flags over it', async () => {
    // The model is looked for in the preset's place, until a flag names another.
    const args = ['finetune', '--preset', 'smollm-lora', '--data', 'none.jsonl', '--out', 'never'];
    const { stderr } = await runAttune([...args, '--model', './no-such-model']);
    expect(stderr).toContain('no-such-model');
  });

  test('refuses one of pretraining', async () => {
    const { stderr } = await runAttune(['finetune', '--preset', 'stories', '--out', 'never']);
    expect(stderr).toContain('stories is a preset of `attune pretrain`');
  });
});
