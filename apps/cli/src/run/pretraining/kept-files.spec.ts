import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune, TEXT, TINY } from '../../testing/run-attune.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const json = async (...names: string[]) => JSON.parse(await readFile(at(...names), 'utf8'));

/** The settings of a base that say how text is generated, and its rates of dropout. */
const GENERATION = { eos_token_id: [0, 2], temperature: 0.6 };
const RATES = { embd_pdrop: 0.1, attn_pdrop: 0.2, resid_pdrop: 0.3 };

const pretrain = async (out: string, ...flags: string[]) => {
  const { code, stderr } = await runAttune(['pretrain', '--out', at(out), ...TINY, ...flags]);
  expect([code, stderr]).toEqual([0, '']);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-kept-'));
  await writeFile(at('text.txt'), TEXT);
  await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
  await pretrain('first', '--data', at('data'));
  await cp(at('first', 'final'), at('base'), { recursive: true });
  await writeFile(at('base', 'generation_config.json'), JSON.stringify(GENERATION));
  await writeFile(at('base', 'chat_template.jinja'), '{{ messages }}');
  await writeFile(
    at('base', 'config.json'),
    JSON.stringify({
      ...(await json('base', 'config.json')),
      ...RATES,
      bos_token_id: 1,
      finetuning_task: 'mine',
    }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

const expectKept = async (...path: string[]) => {
  expect(await json(...path, 'generation_config.json')).toEqual(GENERATION);
  expect(await json(...path, 'config.json')).toMatchObject({
    ...RATES,
    bos_token_id: 1,
    finetuning_task: 'mine',
  });
  expect(await readFile(at(...path, 'chat_template.jinja'), 'utf8')).toBe('{{ messages }}');
};

test('pretraining that goes on with a model keeps what that says of generation, chat and dropout', async () => {
  await pretrain('more', '--init-from', at('base'), '--data', at('data'), '--checkpoint-interval', '3');
  await expectKept('more', 'checkpoints', 'step-3');
  await expectKept('more', 'final');
  expect((await readdir(at('more', 'final'))).sort()).toEqual((await readdir(at('base'))).sort());
});

test('so does a run that is resumed', async () => {
  const begin = ['--init-from', at('base'), '--data', at('data'), '--checkpoint-interval', '3'];
  await pretrain('resumed', ...begin, '--max-iters', '3');
  const { code, stderr } = await runAttune(['pretrain', '--resume', at('resumed'), '--max-iters', '6']);
  expect([code, stderr]).toEqual([0, '']);
  await expectKept('resumed', 'final');
});

test('a resumed run writes the files of one that was never interrupted', async () => {
  await pretrain('broken', '--data', at('data'), '--max-iters', '4');
  await runAttune(['pretrain', '--resume', at('broken'), '--max-iters', '6']);
  for (const name of await readdir(at('first', 'final'))) {
    const [whole, broken] = await Promise.all(
      ['first', 'broken'].map((run) => readFile(at(run, 'final', name))),
    );
    // The decay of the learning rate ends elsewhere: weights are not compared.
    if (name.endsWith('.json')) expect([name, String(broken)]).toEqual([name, String(whole)]);
  }
  expect(await readdir(at('broken', 'final'))).toEqual(await readdir(at('first', 'final')));
});

test('token files that say nothing leave the model its tokenizer', async () => {
  await cp(at('data'), at('bare'), { recursive: true });
  await rm(at('bare', 'meta.json'));
  await pretrain('from-bare', '--init-from', at('base'), '--data', at('bare'), '--vocab-size', '15');
  await expectKept('from-bare', 'final');
  expect(await json('from-bare', 'final', 'meta.json')).toEqual(await json('base', 'meta.json'));
});
