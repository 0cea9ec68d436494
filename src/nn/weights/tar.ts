import { UserError } from '../../core/errors.js';

const BLOCK = 512;

/** Whether bytes begin with the header of a tar archive: old archives have no magic number, but all have a checksum. */
export function isTar(bytes: Uint8Array): boolean {
  return bytes.length >= BLOCK && isHeader(bytes.subarray(0, BLOCK));
}

/**
 * The files of a tar archive by name, not copied; links, folders and extended headers are left out.
 *
 * @throws {UserError} if it is damaged or cut off
 */
export function filesOfTar(bytes: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((b) => b === 0)) return files;
    if (!isHeader(header)) throw new UserError(`its tar archive is damaged at byte ${at}`);
    const size = octal(header.subarray(124, 136));
    const from = at + BLOCK;
    if (!(from + size <= bytes.length)) throw new UserError('it is cut off: a file of its tar archive ends beyond it');
    const type = header[156];
    // '0' and NUL are plain files.
    if (type === 0x30 || type === 0)
      files.set(textOf(header.subarray(0, 100)).replace(/^\.\//, ''), bytes.subarray(from, from + size));
    at = from + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new UserError('it is cut off: the end of its tar archive is missing');
}

/** The sum of a header's bytes, those of the sum itself taken as spaces. */
function isHeader(header: Uint8Array): boolean {
  const sum = header.reduce((n, b, i) => n + (i >= 148 && i < 156 ? 0x20 : b), 0);
  return sum !== 8 * 0x20 && octal(header.subarray(148, 156)) === sum;
}

function octal(field: Uint8Array): number {
  const text = textOf(field).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

function textOf(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder('latin1').decode(end < 0 ? field : field.subarray(0, end));
}
