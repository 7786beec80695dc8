/**
 * What lit asks of a browser when it loads, so that the module can be imported where there is none: on a server that renders
 * pages. Elements are registered in browsers only (index.ts).
 */
const of = globalThis as Partial<typeof globalThis>;
const nowhere = { createTreeWalker: () => ({}), createComment: () => ({}) };

const shimmedElement = of.HTMLElement ?? (class {} as typeof HTMLElement);
const shimmedDocument = of.document ?? (nowhere as unknown as Document);

export { shimmedDocument as document, shimmedElement as HTMLElement };
