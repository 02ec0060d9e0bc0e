/** The page's elements, by their id. */
export function byId<E extends Element = HTMLElement>(id: string): E {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}.`);
  return element as unknown as E;
}

/** A new element. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Enables the controls of a part of the page, or disables them. */
export function enableControls(part: Element, isEnabled: boolean): void {
  for (const control of part.querySelectorAll<HTMLInputElement | HTMLButtonElement>('input, button')) {
    control.disabled = !isEnabled;
  }
}

/** A new element of a drawing. */
export function createSvg(
  tag: keyof SVGElementTagNameMap,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: (Node | string)[]
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
