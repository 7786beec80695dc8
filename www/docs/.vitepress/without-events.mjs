// For typedoc: `on`, `off` and the other methods of Events are described there, and not once more in each of the classes that have them.
import { Converter, ReflectionKind } from 'typedoc';

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const classes = project.getReflectionsByKind(ReflectionKind.ClassOrInterface);
    const names = new Set(classes.find(({ name }) => name === 'Events')?.children?.map(({ name }) => name));
    for (const one of classes) {
      const inherited = one.children?.filter((child) => names.has(child.name) && (child.inheritedFrom ?? child.signatures?.[0]?.inheritedFrom));
      for (const child of inherited ?? []) project.removeReflection(child);
    }
  });
}
