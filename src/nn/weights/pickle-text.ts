import { UserError } from '../../core/errors.js';

/** The text forms of protocol 0: numbers and strings as Python writes them. */

const latin1 = new TextDecoder('latin1');
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Python's own bound on the digits of a whole number. */
const MOST_DIGITS = 4300;

/** Text of a pickle's utf-8 strings; lone surrogates, which Python writes, become replacement characters. */
export function unicode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Python 2's strings are bytes: text if they are utf-8, else one character for each byte. */
export function byteString(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1.decode(bytes);
  }
}

/** A number as a number where that is exact. */
export function exact(n: bigint): number | bigint {
  const number = Number(n);
  return Number.isSafeInteger(number) ? number : n;
}

/** A whole number in decimal digits, with Python 2's L behind it or not. */
export function wholeNumber(line: Uint8Array): number | bigint {
  if (line.length > MOST_DIGITS) throw new UserError(`a number of ${line.length} digits is not read`);
  const text = latin1.decode(line).trim();
  if (!/^[+-]?\d+L?$/.test(text)) throw new UserError(`${quoted(text)} is not a whole number`);
  return exact(BigInt(text.replace(/^\+/, '').replace(/L$/, '')));
}

export function floatingNumber(line: Uint8Array): number {
  const text = latin1.decode(line).trim();
  if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  const number = text === '' ? Number.NaN : Number(text);
  if (Number.isNaN(number)) throw new UserError(`${quoted(text)} is not a number`);
  return number;
}

/** A little-endian two's complement number of any length. */
export function longNumber(bytes: Uint8Array): number | bigint {
  if (bytes.length > MOST_DIGITS / 2) throw new UserError(`a number of ${bytes.length} bytes is not read`);
  let n = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) n = (n << 8n) | BigInt(bytes[i] ?? 0);
  return exact(BigInt.asIntN(bytes.length * 8, n));
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** A string in Python's quotes, such as `'it\'s'`. */
export function quotedString(line: Uint8Array): string {
  const text = latin1.decode(line).trim();
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || !text.endsWith(quote)) {
    throw new UserError(`${quoted(text)} is not a quoted string`);
  }
  const plain = text
    .slice(1, -1)
    .replace(/\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)/gs, (_, code: string) =>
      code.length === 3 && code.startsWith('x')
        ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
        : /^[0-7]/.test(code)
          ? String.fromCharCode(Number.parseInt(code, 8) & 255)
          : (ESCAPES[code] ?? code),
    );
  return byteString(Uint8Array.from(plain, (c) => c.charCodeAt(0)));
}

/** Python's raw-unicode-escape: Latin-1 with `\uXXXX` and `\UXXXXXXXX`. */
export function rawUnicode(line: Uint8Array): string {
  return latin1.decode(line).replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (all, four: string, eight: string) => {
    const code = Number.parseInt(four ?? eight, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}

/** Text from a file within a message: short, on one line. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
