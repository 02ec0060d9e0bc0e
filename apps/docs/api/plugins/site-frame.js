import { PageEvent } from 'typedoc';
import { policyTag } from '../../build/policy.js';

/** The script with which TypeDoc chooses light or dark, and hides the page until its own script is there. */
const OWN_APPEARANCE = /<script>document\.documentElement\.dataset\.theme[\s\S]*?<\/script>/;

/** Puts TypeDoc's pages into the site: its header, its choice of light or dark, and its content security policy. */
export function load(app) {
  app.renderer.on(PageEvent.END, (page) => {
    const api = '../'.repeat(page.url.split('/').length - 1);
    const site = `${api}../`;
    const replace = (from, to) => {
      const changed = page.contents.replace(from, () => to);
      if (changed === page.contents) throw new Error(`TypeDoc's ${page.url} has no ${from}.`);
      page.contents = changed;
    };
    replace(OWN_APPEARANCE, `<script src="${api}assets/appearance.js"></script>`);
    replace(/<head>/, `<head>${policyTag(page.contents)}`);
    replace(
      /<a href="[^"]*" class="title">[^<]*<\/a>/,
      `<a href="${site}index.html" class="title">attune</a>`,
    );
    replace(
      '<div id="tsd-toolbar-links">',
      `<div id="tsd-toolbar-links"><a href="${site}overview.html">Guide</a><a href="${site}reference/cli.html">Reference</a>` +
        `<a href="${api}index.html">API</a><a href="${site}playground/index.html">Playground</a>`,
    );
  });
}
