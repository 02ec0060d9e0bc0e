/** A text of so many paragraphs, of about 300 characters and all different, in a small alphabet. */
export function sampleText(paragraphs: number): string {
  const animals = ['cat', 'dog', 'fox', 'hen', 'owl'];
  const sentence = (i: number) =>
    `The ${animals[i % 5]} saw ${i} of the ${animals[(i * 3 + 1) % 5]}'s red balls. `;
  return Array.from(
    { length: paragraphs },
    (_, i) => `${Array.from({ length: 8 }, (_, j) => sentence(8 * i + j)).join('')}\n\n`,
  ).join('');
}
