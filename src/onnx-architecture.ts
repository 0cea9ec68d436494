import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { messageOf, UserError } from './core/errors.js';
import { readModel } from './graph/onnx.js';
import type { Model } from './graph/types.js';
import type { Architecture } from './nn/architecture.js';
import { architectureOf, type OnnxOptions, type PreprocessingSource } from './nn/imported/index.js';
import { externalDataBeside } from './runtime/node/external-data.js';
import { isFile, readFile } from './runtime/node/files.js';

/**
 * Makes a backbone of any ONNX classifier of pictures: a network without its classifier that starts from the weights of the
 * file and is trained like a native one. Nothing else is needed of where it came from: exports of PyTorch (both exporters), timm,
 * Keras and tf2onnx, with channels first or last, and onecycle's own `model.onnx`.
 *
 * How pictures are prepared is read from the model's metadata, or from `preprocessor_config.json` (Hugging Face) or
 * `config.json` (timm) beside it, unless `options` say it; without any of them ImageNet's normalisation is taken.
 *
 * @throws {UserError} that names the file, and all nodes that stand against it
 */
export async function fromOnnx(file: string, options: OnnxOptions = {}): Promise<Architecture> {
  const bytes = await readFile(file);
  const hash = createHash('sha256').update(bytes);
  const beside = externalDataBeside(file);
  let model: Model;
  try {
    model = readModel(bytes, (location, offset, length) => {
      const part = beside(location, offset, length);
      hash.update(part);
      return part;
    });
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
  return architectureOf(model, { file, sha256: hash.digest('hex'), sources: await sourcesBeside(file) }, options);
}

/** Files beside a model that tell how pictures are prepared for it. */
const SIDECARS = ['preprocessor_config.json', 'config.json'] as const;

async function sourcesBeside(file: string): Promise<PreprocessingSource[]> {
  const sources: PreprocessingSource[] = [];
  for (const name of SIDECARS) {
    const path = join(dirname(file), name);
    if (!(await isFile(path))) continue;
    const text = new TextDecoder().decode(await readFile(path));
    try {
      sources.push({ name: path, content: JSON.parse(text) });
    } catch (error) {
      // Any program may have left a config.json.
      if (name === 'config.json') continue;
      throw new UserError(
        `${path}, which tells how pictures are prepared for ${file}, is damaged: ${messageOf(error)}`,
      );
    }
  }
  return sources;
}
