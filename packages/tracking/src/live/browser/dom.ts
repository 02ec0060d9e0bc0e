/** The element of an id, which the page has. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

/** A new element. Its text is text, whatever is in it. */
export function element(name: string, className = '', text = ''): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Changes a text where it differs, so that nothing is laid out or read out anew without need. */
export function setText(id: string, text: string): void {
  const shown = byId(id);
  if (shown.textContent !== text) shown.textContent = text;
}

/** Asks the page's server for JSON. */
export async function ask<Answer>(url: string): Promise<Answer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return (await response.json()) as Answer;
}
