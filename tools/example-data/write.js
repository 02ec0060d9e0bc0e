/**
 * Writes `examples/data/*.jsonl`: questions about the beginnings of little stories, as completions and as conversations.
 * Stories of other seeds than the corpus', short enough for the 64 tokens of the `stories` preset.
 *
 *     npm run build && node tools/example-data/write.js
 */
import { writeFileSync } from 'node:fs';
import { generateStories } from '@attune/data';

const folder = new URL('../../examples/data/', import.meta.url);

/** The begin of a story, a question about it, and the answer. */
function ask({ text, facts: { hero, heroAnimal, colour, thing } }, index) {
  const told = `${colour} ${thing}.`;
  const beginning = text.slice(0, text.indexOf(told) + told.length);
  const [question, answer] =
    index % 2 === 0 ? [`So what was ${hero}?`, heroAnimal] : [`So what colour was the ${thing}?`, colour];
  return { beginning, question, answer };
}

/** Characters of a beginning and its question that fit into 64 tokens, those of ChatML included. */
const LONGEST = 95;

function write(name, seed, count, row) {
  const asked = generateStories({ seed, stories: 3 * count })
    .map(ask)
    .filter(({ beginning, question }) => beginning.length + question.length < LONGEST);
  const lines = asked.slice(0, count).map((one) => `${JSON.stringify(row(one))}\n`);
  writeFileSync(new URL(name, folder), lines.join(''));
}

const completion = ({ beginning, question, answer }) => ({
  prompt: `${beginning}\n${question}`,
  completion: ` ${answer}.`,
});
const conversation = ({ beginning, question, answer }) => ({
  messages: [
    { role: 'user', content: `${beginning} ${question}` },
    { role: 'assistant', content: `${answer}.` },
  ],
});

write('questions.jsonl', 2026, 400, completion);
write('questions-valid.jsonl', 2027, 50, completion);
write('chats.jsonl', 2028, 400, conversation);
