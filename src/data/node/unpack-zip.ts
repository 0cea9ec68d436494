import type { Readable } from 'node:stream';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import type { UnpackTarget } from './unpack-target.js';

const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;
const LONGEST_LINK = 4096;

/**
 * Unpacks a zip archive.
 *
 * @param onRead is told the compressed bytes unpacked so far
 */
export async function unpackZip(archive: string, target: UnpackTarget, onRead: (bytes: number) => void): Promise<void> {
  const zip = await open(archive);
  try {
    let read = 0;
    for (let entry = await nextEntry(zip); entry !== undefined; entry = await nextEntry(zip)) {
      await addEntry(zip, entry, target);
      read += entry.compressedSize;
      onRead(read);
    }
  } finally {
    zip.close();
  }
}

async function addEntry(zip: ZipFile, entry: Entry, target: UnpackTarget): Promise<void> {
  if (entry.isEncrypted()) throw new Error(`the entry ${entry.fileName} is encrypted`);
  if (entry.fileName.endsWith('/')) {
    target.addFolder(entry.fileName);
    return;
  }
  if (((entry.externalFileAttributes >>> 16) & FILE_TYPE) === SYMBOLIC_LINK) {
    if (entry.uncompressedSize > LONGEST_LINK) throw new Error(`the link ${entry.fileName} is too long`);
    const pieces: Buffer[] = [];
    for await (const piece of await openStream(zip, entry)) pieces.push(piece);
    target.addLink(entry.fileName, Buffer.concat(pieces).toString('utf8'), 'symbolic');
    return;
  }
  const file = target.addFile(entry.fileName);
  try {
    for await (const piece of await openStream(zip, entry)) file.write(piece);
  } finally {
    file.close();
  }
}

function open(archive: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    // Names are checked by the target, the same way as a tar's.
    const options = { lazyEntries: true, autoClose: false, decodeStrings: true, validateEntrySizes: true };
    yauzl.open(archive, options, (error, zip) => (error ? reject(error) : resolve(zip)));
  });
}

function nextEntry(zip: ZipFile): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      zip.removeAllListeners();
      act();
    };
    zip.once('entry', (entry: Entry) => settle(() => resolve(entry)));
    zip.once('end', () => settle(() => resolve(undefined)));
    zip.once('error', (error: Error) => settle(() => reject(error)));
    zip.readEntry();
  });
}

function openStream(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}
