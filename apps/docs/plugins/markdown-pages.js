import { relative } from 'node:path';
import { Converter } from 'typedoc';

const GROUPS = { guide: 'Guide', adr: 'Architecture decisions' };

/** Pages under `docs/` are plain markdown: their first heading is their title, their folder is their group. */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
    const file = relative(process.cwd(), page.project.files.getReflectionPath(page) ?? '');
    const folder = /docs\/([^/]+)\/[^/]+$/.exec(file)?.[1];
    page.frontmatter.group ??= GROUPS[folder] ?? 'Reference';

    const [first] = page.content;
    const heading = /^\s*# (.+)\n/.exec(first?.text ?? '');
    if (!heading) {
      app.logger.error(`${file} has to start with a heading, '# Title'.`);
      return;
    }
    page.name = heading[1];
    first.text = first.text.slice(heading[0].length);
  });
}
