import { withoutControls } from './printable.js';

/**
 * A text for a terminal that may hold commands for it, since all of them are ours: colours. Whatever else it is made of had
 * its controls written out when it was put in, by {@link styled}, {@link joined} or a colour.
 */
export class Styled {
  /** @param codes the text as it goes to the terminal. Only for colours, which know what they add. */
  constructor(readonly codes: string) {}
}

/** A text, ours or a stranger's, or one with colours. */
export type Text = string | Styled;

/** The characters that a terminal is sent for a text. */
export function codesOf(text: Text): string {
  return text instanceof Styled ? text.codes : withoutControls(text);
}

/** A template literal with colours in it: styled`${colors.red('error')}: ${message}`. */
export function styled(strings: TemplateStringsArray, ...values: readonly Text[]): Styled {
  return new Styled(String.raw({ raw: strings.map(withoutControls) }, ...values.map(codesOf)));
}

/** Texts one after the other. */
export function joined(texts: readonly Text[], separator = ''): Styled {
  return new Styled(texts.map(codesOf).join(withoutControls(separator)));
}
