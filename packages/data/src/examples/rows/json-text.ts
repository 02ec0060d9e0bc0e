import { endOfJsonString, parseJson } from '@attune/core';

/**
 * A JSON value as text: for what JavaScript's own values would change, such as an integer above 2^53, `20.0`, or keys
 * that look like numbers, which JavaScript puts first. A chat template gets it as it is written.
 */
export class JsonText {
  constructor(readonly text: string) {}

  /** The value as JavaScript has it, so that `JSON.stringify` can write it. */
  toJSON(): unknown {
    return parseJson(this.text);
  }
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const INDEX_KEY = /"(?:0|[1-9]\d*)"[ \t\n\r]*:/y;

/**
 * True if JavaScript's value of a JSON text is written again as the text says: its numbers with the same digits, its keys
 * in the same order.
 *
 * @param text valid JSON.
 */
export function isExactInJavaScript(text: string): boolean {
  for (let at = 0; at < text.length;) {
    const char = text[at]!;
    if (char === '"') {
      INDEX_KEY.lastIndex = at;
      if (INDEX_KEY.test(text)) return false;
      at = endOfJsonString(text, at);
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      NUMBER.lastIndex = at;
      const [number] = NUMBER.exec(text)!;
      if (String(Number(number)) !== number) return false;
      at += number.length;
    } else at++;
  }
  return true;
}

/** Where the values of an object begin and end, by key. Of a key that is there twice, the last counts. */
export function memberTexts(text: string): Map<string, string> {
  const members = new Map<string, string>();
  eachPart(text, (part) => {
    const end = endOfJsonString(part, 0);
    members.set(JSON.parse(part.slice(0, end)) as string, part.slice(part.indexOf(':', end) + 1).trim());
  });
  return members;
}

/** The members of an object that JavaScript's values are not exactly, as they are written. */
export function exactMembers(text = '{}'): Record<string, JsonText> {
  const members = [...memberTexts(text)].filter(([, value]) => !isExactInJavaScript(value));
  return Object.fromEntries(members.map(([key, value]) => [key, new JsonText(value)]));
}

/** The values of a list, as texts. */
export function itemTexts(text: string): string[] {
  const items: string[] = [];
  eachPart(text, (part) => items.push(part));
  return items;
}

/** The parts between the commas of an object or a list. */
function eachPart(text: string, take: (part: string) => void): void {
  const end = text.lastIndexOf(text.trimStart()[0] === '{' ? '}' : ']');
  let start = text.search(/[{[]/) + 1;
  let depth = 0;
  for (let at = start; at < end;) {
    const char = text[at]!;
    if (char === '"') {
      at = endOfJsonString(text, at);
      continue;
    }
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    else if (char === ',' && depth === 0) {
      take(text.slice(start, at).trim());
      start = at + 1;
    }
    at++;
  }
  const last = text.slice(start, end).trim();
  if (last !== '') take(last);
}
