import { createServer } from '../http/create-server.js';
import { tinyTextModel, type TinyTextModel } from '../testing/tiny-text-model.js';

let model: TinyTextModel;
beforeAll(async () => void (model = await tinyTextModel()));
afterAll(() => model.dispose());

/** A choice as lm-evaluation-harness reads it. */
interface Choice {
  readonly index: number;
  readonly logprobs: {
    readonly token_logprobs: readonly (number | null)[];
    readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[];
  };
}

/** The body of a request as lm-evaluation-harness 0.4.13 sends it, recorded by tools/reference/lm_eval_server.py. */
const body = (prompt: unknown) =>
  `{"model": "tiny", "prompt": ${JSON.stringify(prompt)}, "temperature": 0, "max_tokens": 1, "logprobs": 1, "seed": 1234, "echo": true}`;

async function choicesOf(prompt: unknown): Promise<readonly Choice[]> {
  const response = await createServer({ catalog: () => ({ models: [model] }) }).fetch(
    new Request('http://localhost/v1/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer ' },
      body: body(prompt),
    }),
  );
  expect(response.status).toBe(200);
  return ((await response.json()) as { choices: Choice[] }).choices;
}

/** Reads a choice as its `parse_logprobs` does: the sum over the continuation, and if each token of it is the likeliest. */
function parsed({ logprobs }: Choice, contextLength: number) {
  const tokens = logprobs.token_logprobs.slice(contextLength, -1) as number[];
  const top = logprobs.top_logprobs.slice(contextLength, -1);
  const greedy = tokens.every((logprob, i) => logprob === Math.max(...Object.values(top[i]!)));
  return { sum: tokens.reduce((sum, logprob) => sum + logprob, 0), count: tokens.length, greedy };
}

test('a request of lm-evaluation-harness gets the log-likelihood of the continuation', async () => {
  const prompts = [
    [40, 41, 42, 43, 44],
    [7, 8, 9],
  ];
  const choices = await choicesOf(prompts);
  expect(choices.map(({ index }) => index)).toEqual([0, 1]);
  for (const [i, tokens] of prompts.entries()) {
    // The last entry is the token that `max_tokens: 1` asks for.
    expect(choices[i]!.logprobs.token_logprobs).toHaveLength(tokens.length + 1);
    expect(choices[i]!.logprobs.token_logprobs[0]).toBeNull();
    const expected = (await model.score(tokens, 0)).slice(2);
    const { sum, count } = parsed(choices[i]!, 2);
    expect(count).toBe(tokens.length - 2);
    expect(sum).toBeCloseTo(
      expected.reduce((total, { logprob }) => total + logprob!, 0),
      5,
    );
  }
});

test('it is told which continuation is the greedy one, and texts are scored as their tokens are', async () => {
  const start = [40, 41];
  for (let i = 0; i < 4; i++) start.push((await model.score([...start, 0], 1)).at(-1)!.top![0]!.token);
  const [greedy] = await choicesOf([start]);
  expect(parsed(greedy!, 2)).toMatchObject({ greedy: true, count: 4 });
  expect(parsed((await choicesOf([[40, 41, 1, 2]]))[0]!, 2).greedy).toBe(false);
  const text = model.text.tokenizer.decode(start);
  expect(parsed((await choicesOf(text))[0]!, 2)).toEqual(parsed(greedy!, 2));
});
