/** Rows of JSONL, of every format. */
import { ExampleReader, jsonLines } from '@attune/data';

export const target = {
  form: 'lines',
  seeds: [
    { prompt: 'Who?', completion: 'You' },
    { text: 'a text' },
    { text: 'a text', label: 'good' },
    { instruction: 'Do', input: 'x', output: 'y' },
    {
      conversations: [
        { from: 'human', value: 'a' },
        { from: 'gpt', value: 'b' },
      ],
    },
    {
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
      ],
    },
    {
      messages: [
        { role: 'user', content: 'a' },
        {
          role: 'assistant',
          tool_calls: [{ type: 'function', function: { name: 'f', arguments: { a: 1 } } }],
        },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
    },
  ],
  async read(bytes) {
    const reader = new ExampleReader();
    // Cut anywhere, as a file is read.
    const half = Math.floor(bytes.length / 2);
    for await (const row of jsonLines([bytes.subarray(0, half), bytes.subarray(half)], {
      name: 'rows.jsonl',
    })) {
      const { example, line } = reader.read(row);
      if (!example || !(line >= 1)) throw new Error('a row without a place');
    }
  },
};
