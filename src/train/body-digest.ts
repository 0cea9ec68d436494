import type { Engine } from '../engine/engine.js';

/** Tells a body's parameters and statistics from others: the beginning of a SHA-256 over them, eight hexadecimal digits. */
export async function bodyDigest(engine: Pick<Engine, 'values'>): Promise<string> {
  const body = [...(await engine.values())].filter(([name]) => !name.startsWith('head.'));
  const each = await Promise.all(body.map(async ([, values]) => new Uint8Array(await sha256(values))));
  const all = await sha256(Uint8Array.from(each.flatMap((digest) => [...digest])));
  return [...new Uint8Array(all, 0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const sha256 = (data: Float32Array | Uint8Array) => crypto.subtle.digest('SHA-256', data);
