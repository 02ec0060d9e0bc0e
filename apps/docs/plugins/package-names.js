import { readFileSync } from 'node:fs';
import { Converter, ReflectionKind } from 'typedoc';

/** Names each module as it is imported: `@attune/data` and `@attune/data/node`, not `data/src` and `data/src/node`. */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return;
    const file = context.getSymbolFromReflection(reflection)?.declarations?.[0]?.getSourceFile().fileName;
    const [, folder, entry] = /^(.*\/packages\/[^/]+)\/src\/(?:(.+)\/)?index\.ts$/.exec(file ?? '') ?? [];
    if (!folder) return;
    const { name } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    reflection.name = entry ? `${name}/${entry}` : name;
  });
}
