import { byId } from './elements.js';

/** The sections of the page, by the id of their panel. */
export type Section = 'pretrain' | 'finetune' | 'chat';

const sections: readonly Section[] = ['pretrain', 'finetune', 'chat'];

/** How far a key moves along the tabs. */
const KEYS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  Home: -Infinity,
  End: Infinity,
};

/**
 * The tabs of the page. A section has none before it is {@link Tabs.add | added}, and one section alone needs none. The
 * address names the section that is shown, so that it is shown again when the page is loaded again.
 */
export class Tabs {
  private readonly added: Section[] = [];
  private readonly list = byId('tabs');

  constructor() {
    this.list.addEventListener('keydown', (event) => this.press(event));
    addEventListener('hashchange', () => this.showAddressed());
  }

  /** Adds the tab of a section, which can be shown from now on. */
  add(section: Section): void {
    this.added.push(section);
    const tab = this.tabOf(section);
    tab.hidden = false;
    tab.addEventListener('click', () => this.show(section));
    this.list.hidden = this.added.length < 2;
    this.showAddressed();
  }

  /** Shows a section, and hides the others. */
  show(section: Section): void {
    for (const each of sections) {
      const tab = this.tabOf(each);
      const isShown = each === section;
      tab.setAttribute('aria-selected', String(isShown));
      // Tab leads to the tab that is shown, and from there to its panel; arrows lead to the others.
      tab.tabIndex = isShown ? 0 : -1;
      byId(each).hidden = !isShown;
    }
    const address = section === sections[0] ? location.pathname + location.search : `#${section}`;
    if (this.addressed() !== section) history.replaceState(history.state, '', address);
  }

  private addressed(): Section {
    const named = location.hash.slice(1);
    return sections.find((section) => section === named) ?? sections[0]!;
  }

  private showAddressed(): void {
    const section = this.addressed();
    if (this.added.includes(section)) this.show(section);
  }

  private press(event: KeyboardEvent): void {
    const distance = KEYS[event.key];
    if (distance === undefined) return;
    event.preventDefault();
    const inOrder = sections.filter((section) => this.added.includes(section));
    const at = inOrder.findIndex((section) => !byId(section).hidden);
    const to = Number.isFinite(distance)
      ? (at + distance + inOrder.length) % inOrder.length
      : distance < 0
        ? 0
        : inOrder.length - 1;
    this.show(inOrder[to]!);
    this.tabOf(inOrder[to]!).focus();
  }

  private tabOf(section: Section): HTMLButtonElement {
    return byId<HTMLButtonElement>(`tab-${section}`);
  }
}
