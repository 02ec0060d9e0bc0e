/**
 * Measures what it takes to encode one conversation of many turns and to find its answers, with GPT-2's vocabulary and ChatML without
 * marks. Prints one JSON object for each number of turns: seconds of the clock and of the CPU.
 *
 *     node tools/bench/dist/text/conversations.js [--turns 500,2000,8000]
 */
import { parseArgs } from 'node:util';
import {
  builtInTemplate,
  createTokenizer,
  encodeExample,
  inProcessChatTemplate,
  specialTokensOf,
} from '@attune/data';

const { values } = parseArgs({ options: { turns: { type: 'string', default: '500,2000,8000' } } });

const tokenizer = await createTokenizer({ kind: 'gpt2' });
const specialTokens = specialTokensOf(tokenizer);
const marked = builtInTemplate('chatml', specialTokens);
const source = marked.templates.default.replace(/\{%-?\s*(end)?generation\s*-?%\}/g, '');
const template = inProcessChatTemplate(
  { name: 'chatml', templates: { default: source } },
  specialTokens.names,
);

for (const turns of values.turns.split(',').map(Number)) {
  const messages = Array.from({ length: turns }, (_, i) =>
    i % 2 === 0
      ? { role: 'user', content: `how are you, ${i}?` }
      : { role: 'assistant', content: `I am well, ${i}.` },
  );
  const [start, cpuAtStart] = [performance.now(), process.cpuUsage()];
  const { ids } = await encodeExample({ kind: 'messages', messages }, { tokenizer, specialTokens, template });
  const { user, system } = process.cpuUsage(cpuAtStart);
  console.log(
    JSON.stringify({
      turns,
      tokens: ids.length,
      seconds: Number(((performance.now() - start) / 1000).toFixed(2)),
      cpuSeconds: Number(((user + system) / 1e6).toFixed(2)),
    }),
  );
}
