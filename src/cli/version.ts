import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';

const Package = z.object({ version: z.string() });

/** The version of this package. */
export function ownVersion(): string {
  return Package.parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))).version;
}

/** The version of the ONNX Runtime that trains. */
export function runtimeVersion(): string {
  const require = createRequire(import.meta.url);
  return Package.parse(require('onnxruntime-node/package.json')).version;
}
