/** Characters that no shell gives a meaning of its own. `~` has one, and so has `=` where a word begins, in zsh. */
const PLAIN = /^(?!=)[\p{L}\p{N}_@%+=:,./-]+$/u;

/** A text as a POSIX shell takes it for one word, in a command that is shown: in quotes where it needs them. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
