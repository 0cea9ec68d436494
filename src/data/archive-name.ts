/** What the name of an archive tells. */

const EXTENSION = /\.(tgz|tar\.gz|tar|zip)$/i;

export type ArchiveKind = 'tar' | 'tgz' | 'zip';

/** The kind of archive that a file's name tells, or undefined. */
export function archiveKind(path: string): ArchiveKind | undefined {
  switch (EXTENSION.exec(path)?.[1]?.toLowerCase()) {
    case 'tgz':
    case 'tar.gz':
      return 'tgz';
    case 'tar':
      return 'tar';
    case 'zip':
      return 'zip';
    default:
      return undefined;
  }
}

/** A file's name without an archive's extension; other names stay as they are. */
export function withoutArchiveExtension(name: string): string {
  return name.replace(EXTENSION, '');
}
