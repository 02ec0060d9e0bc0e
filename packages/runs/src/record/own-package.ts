/** The package of a backend of attune's own. */
export const ownPackage = (name: string): string => `@attune/backend-${name}`;
