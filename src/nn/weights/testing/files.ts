import { readFileSync } from 'node:fs';

/** A file under testdata/weights. */
export function fixture(name: string): Uint8Array {
  // Not a Buffer, whose memory may be shared.
  return new Uint8Array(readFileSync(new URL(`../../../../testdata/weights/${name}`, import.meta.url)));
}

/** Pieces of a pickle, one after the other: numbers are bytes, text is Latin-1. */
export function pickle(...pieces: readonly (string | number | Uint8Array)[]): Uint8Array {
  return joined(
    pieces.map((piece) => {
      if (typeof piece === 'number') return Uint8Array.of(piece);
      return typeof piece === 'string' ? Uint8Array.from(piece, (c) => c.charCodeAt(0)) : piece;
    }),
  );
}

/** A short text on the stack (SHORT_BINUNICODE). */
export function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return joined([Uint8Array.of(0x8c, bytes.length), bytes]);
}

export interface ZipOptions {
  /** Instead of the true checksum. */
  readonly crc?: number;
  readonly method?: number;
}

/** A zip archive of stored entries, whose checksums are left out as torch.save can be told to. */
export function zip(files: Readonly<Record<string, Uint8Array>>, options: ZipOptions = {}): Uint8Array {
  const locals: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = new TextEncoder().encode(name);
    const common = record([
      [2, 0],
      [2, 0],
      [2, options.method ?? 0],
      [4, 0],
      [4, options.crc ?? 0],
      [4, content.length],
      [4, content.length],
      [2, bytes.length],
      [2, 0],
    ]);
    const local = joined([record([[4, 0x04034b50]]), common, bytes, content]);
    const rest = record([
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, at],
    ]);
    central.push(
      joined([
        record([
          [4, 0x02014b50],
          [2, 0],
        ]),
        common,
        rest,
        bytes,
      ]),
    );
    locals.push(local);
    at += local.length;
  }
  const directory = joined(central);
  const count = central.length;
  const end = record([
    [4, 0x06054b50],
    [4, 0],
    [2, count],
    [2, count],
    [4, directory.length],
    [4, at],
    [2, 0],
  ]);
  return joined([...locals, directory, end]);
}

/** A file of torch.save with this pickle, and these storages. */
export function torchZip(data: Uint8Array, storages: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
  const files: Record<string, Uint8Array> = { 'archive/data.pkl': data };
  for (const [key, bytes] of Object.entries(storages)) files[`archive/data/${key}`] = bytes;
  return zip(files);
}

/** Little-endian numbers of 2 or 4 bytes. */
function record(fields: readonly (readonly [width: 2 | 4, value: number])[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((n, [width]) => n + width, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return out;
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((n, piece) => n + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
