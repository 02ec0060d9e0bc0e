const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const OWNER = '[0-9a-f]{8}-\\d+-\\d+-[0-9a-f]{8,16}';
/** Temporary names of earlier versions. */
const EARLIER = `(?:[0-9a-f]{8}-\\d+-)?${UUID}`;

/** A temporary name, and what it says: whose it is, if it says so, and what it stands for. */
const TEMPORARY = new RegExp(`^\\.(.+?)(?:\\.(?:(${OWNER})|${EARLIER}))?\\.(tmp|old)$`);

/** The parts of a temporary name. */
export interface TemporaryName {
  /** Name of the file or folder it stands for. */
  readonly name: string;
  /** `tmp`: it was being written; `old`: it was about to be replaced. */
  readonly kind: 'tmp' | 'old';
  /** Who was writing it, if the name says so. */
  readonly owner?: string;
}

/** A name for what is to become `name`, hidden from listings. */
export function temporaryName(name: string, owner: string): string {
  return `.${name}.${owner}.tmp`;
}

/** Takes a temporary name apart; `undefined` if it is none. */
export function parseTemporary(entry: string): TemporaryName | undefined {
  const [, name, owner, kind] = TEMPORARY.exec(entry) ?? [];
  if (name === undefined || kind === undefined) return undefined;
  return { name, kind: kind as 'tmp' | 'old', ...(owner !== undefined && { owner }) };
}
