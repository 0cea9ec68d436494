import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { z } from 'zod';

const Package = z.object({ version: z.string() });

/** The version of the ONNX Runtime that trains. */
export function runtimeVersion(): string {
  return Package.parse(createRequire(import.meta.url)('onnxruntime-node/package.json')).version;
}

/** The processor's name, or its architecture where the system hides it. */
export function processorName(): string {
  return cpus()[0]?.model.trim() || process.arch;
}
