import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import type { UnpackTarget } from './unpack-target.js';

/**
 * Unpacks a tar archive, compressed with gzip or not.
 *
 * @param onRead is told the bytes of the archive read so far
 */
export async function unpackTar(
  archive: string,
  gzip: boolean,
  target: UnpackTarget,
  onRead: (bytes: number) => void,
): Promise<void> {
  let failure: Error | undefined;
  let ended = false;
  const fail = (error: unknown): void => {
    failure ??= error instanceof Error ? error : new Error(String(error));
  };
  // The ratio of compression is not bounded here: the target bounds what is written.
  const parser = new Parser({ maxDecompressionRatio: Number.POSITIVE_INFINITY });
  parser.on('entry', (entry: ReadEntry) => {
    if (failure !== undefined) entry.resume();
    else addEntry(entry, target, fail);
  });
  parser.on('warn', (code: string, message: string | Error) => {
    if (code !== 'TAR_ENTRY_INFO') fail(message instanceof Error ? message : new Error(message));
  });
  parser.on('error', fail);
  parser.on('eof', () => {
    ended = true;
  });

  // Entries are consumed as they are parsed, so `write` needs no waiting.
  const sink = new Writable({
    write(piece: Buffer, _encoding, done) {
      parser.write(piece);
      done(failure);
    },
    final(done) {
      parser.end();
      done(failure);
    },
  });
  const source = createReadStream(archive, { highWaterMark: 1 << 16 });
  source.on('data', () => onRead(source.bytesRead));
  await (gzip ? pipeline(source, createGunzip(), sink) : pipeline(source, sink));
  if (!ended) throw new Error('it is cut off: the end mark is missing');
}

function addEntry(entry: ReadEntry, target: UnpackTarget, fail: (error: unknown) => void): void {
  try {
    switch (entry.type) {
      case 'File':
      case 'OldFile':
      case 'ContiguousFile': {
        const file = target.addFile(entry.path);
        entry.on('data', (piece) => {
          try {
            file.write(piece);
          } catch (error) {
            fail(error);
          }
        });
        entry.on('end', () => file.close());
        return;
      }
      case 'Directory':
      case 'GNUDumpDir':
        target.addFolder(entry.path);
        break;
      case 'SymbolicLink':
        target.addLink(entry.path, entry.linkpath ?? '', 'symbolic');
        break;
      case 'Link':
        target.addLink(entry.path, entry.linkpath ?? '', 'hard');
        break;
      default:
      // Devices, pipes and the like are nothing that a set of pictures needs.
    }
  } catch (error) {
    fail(error);
  }
  entry.resume();
}
