/**
 * Mends the faults that axe finds in VitePress 1.6's search: a dialog that calls itself a button and has buttons in it, options with links in
 * them, and names that are not the text one sees. Each change is a piece of a template; the build fails where VitePress no longer
 * has it.
 */
const CHANGES = {
  'VPLocalSearchBox.vue': [
    [
      /role="button"\s+:aria-owns="[^"]*"\s+aria-expanded="true"\s+aria-haspopup="listbox"\s+aria-labelledby="localsearch-label"/,
      'role="dialog" aria-modal="true" :aria-label="buttonText"',
    ],
    [
      /aria-autocomplete="both"/,
      'role="combobox" aria-autocomplete="list" :aria-expanded="results.length > 0"',
    ],
    [/aria-labelledby="localsearch-label"(\s+autocapitalize)/, ':aria-label="buttonText"$1'],
    [
      /:aria-labelledby="results\?\.length \? 'localsearch-label' : undefined"/,
      ':aria-label="results?.length ? buttonText : undefined"',
    ],
    [
      /:id="'localsearch-item-' \+ index"\s+:aria-selected="selectedIndex === index \? 'true' : 'false'"\s+role="option"/,
      'role="presentation"',
    ],
    [
      /:aria-label="\[\.\.\.p\.titles, p\.title\]\.join\(' > '\)"/,
      `:id="'localsearch-item-' + index" :aria-selected="selectedIndex === index" role="option"`,
    ],
    [/<span class="title-icon">/, '<span class="title-icon" aria-hidden="true">'],
    [/<kbd :aria-label="[^"]*(?:select|navigate|close)\w*KeyAriaLabel'\)">/g, '<kbd>'],
  ],
  // The keys are written by the style sheet.
  'VPNavBarSearchButton.vue': [[/<span class="DocSearch-Button-Keys">[\s\S]*?<\/span>/, '']],
};

/** Vite's plugin that makes VitePress's search accessible. */
export const accessibleSearch = {
  name: 'accessible-search',
  enforce: 'pre',
  transform(code, id) {
    const changes = CHANGES[id.slice(id.lastIndexOf('/') + 1)];
    return changes?.reduce((text, [from, to]) => {
      const changed = text.replace(from, to);
      if (changed === text) throw new Error(`${id} has no ${from}: see build/accessible-search.js.`);
      return changed;
    }, code);
  },
};
