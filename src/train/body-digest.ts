import { sha256 } from '../core/sha256.js';
import type { Engine } from '../engine/engine.js';

/** Tells a body's parameters and statistics from others: the beginning of a SHA-256 over them, eight hexadecimal digits. */
export async function bodyDigest(engine: Pick<Engine, 'values'>): Promise<string> {
  const body = [...(await engine.values())].filter(([name]) => !name.startsWith('head.'));
  const each = await Promise.all(body.map(([, values]) => sha256(values)));
  return (await sha256(new TextEncoder().encode(each.join('\n')))).slice(0, 8);
}
