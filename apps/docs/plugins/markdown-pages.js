import { relative } from 'node:path';
import { Converter, Renderer } from 'typedoc';

const GROUPS = { guide: 'Guide', adr: 'Architecture decisions' };

/** The heading that a page begins with. */
const HEADING = /^\s*# (.+)\n/;

/** Pages under `docs/` are plain markdown: their first heading is their title, their folder is their group. */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
    const file = relative(process.cwd(), page.project.files.getReflectionPath(page) ?? '');
    const folder = /docs\/([^/]+)\/[^/]+$/.exec(file)?.[1];
    page.frontmatter.group ??= GROUPS[folder] ?? 'Reference';

    const heading = HEADING.exec(page.content[0]?.text ?? '');
    if (heading) page.name = heading[1];
    else app.logger.error(`${file} has to start with a heading, '# Title'.`);
  });

  // The start page has the project's name as its title already.
  app.renderer.on(Renderer.EVENT_BEGIN, ({ project }) => {
    const [first] = project.readme ?? [];
    if (first) first.text = first.text.replace(HEADING, '');
  });
}
