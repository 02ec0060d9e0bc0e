import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PageKind, ReflectionKind, RendererEvent } from 'typedoc';

/** Writes `declarations.json`, from which the site's search and its page of packages are made. */
export function load(app) {
  app.renderer.on(RendererEvent.END, ({ project, outputDirectory, pages }) => {
    const declarations = pages
      .filter(({ kind, model }) => kind === PageKind.Reflection && model !== project)
      .map(({ model, url }) => ({
        name: model.name,
        kind: ReflectionKind.singularString(model.kind),
        module: moduleOf(model)?.name,
        url,
        summary: summaryOf(model),
      }));
    writeFileSync(join(outputDirectory, 'declarations.json'), JSON.stringify(declarations));
  });
}

const moduleOf = ({ parent }) =>
  parent?.kindOf(ReflectionKind.Module) ? parent : parent && moduleOf(parent);

/** The comment's summary; that of a function is a signature's. */
const summaryOf = ({ comment, signatures }) =>
  ((comment ?? signatures?.find((each) => each.comment)?.comment)?.summary ?? [])
    .map(({ text }) => text)
    .join('')
    .trim();
