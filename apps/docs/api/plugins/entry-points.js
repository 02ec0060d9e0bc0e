import { Application, ReflectionKind } from 'typedoc';

/** Where a package has several entry points, names each as it is imported: `@attune/data`, `@attune/data/node`. */
export function load(app) {
  app.on(Application.EVENT_PROJECT_REVIVE, (project) => {
    for (const entry of project.getReflectionsByKind(ReflectionKind.Module)) {
      const inPackage = entry.parent?.kindOf(ReflectionKind.Module);
      if (inPackage)
        entry.name = entry.name === '' ? entry.parent.name : `${entry.parent.name}/${entry.name}`;
    }
  });
}
