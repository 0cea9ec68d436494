import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { z } from 'zod';
import type { LabelModel } from '../audit/index.js';
import { UserError } from '../core/errors.js';
import { LoosePictures } from '../data/node/loose-pictures.js';
import { noTransforms } from '../data/transforms.js';
import { passesOf } from '../exported/tta.js';
import { loadExported, namedModel } from './exported.js';

/** What a run's options.json says of its pictures. */
const RunOptions = z.object({ options: z.object({ data: z.string() }) });

/** A trained model that judges the labels of pictures; `close` it when done. */
export interface OpenLabelModel extends LabelModel {
  close(): Promise<void>;
}

/**
 * Opens a model.onnx, or that of a run's folder, to judge the labels of the pictures in `data`.
 *
 * @throws {UserError} if it is no model of onecycle's that gives pictures one label each
 */
export async function openLabelModel(path: string, data: string): Promise<OpenLabelModel> {
  const named = await namedModel(path);
  const { file, info } = named;
  if (info.task !== 'single-label') {
    throw new UserError(
      `${file} is a model for ${info.task}; labels are judged by a model that gives each picture one label`,
    );
  }
  const notes = [noteOn(await trainedOn(file), await realOf(data))];
  const model = await loadExported(named);
  const { size, framing, classes } = info;
  const pictures = new LoosePictures({ size, framing, workers: 1, transforms: noTransforms, passes: passesOf(false) });
  return {
    classes,
    notes,
    probabilities: async (files) => {
      const { files: good, images } = await pictures.batch(files);
      const outputs = good.length === 0 ? [] : await model.outputs(images[0] ?? new Uint8Array(), good.length);
      const rows = new Map(
        good.map((name, i) => [name, outputs.slice(i * classes.length, (i + 1) * classes.length)] as const),
      );
      return files.map((name) => rows.get(name));
    },
    close: async () => {
      await pictures.close();
      await model.close();
    },
  };
}

/** What the run that a model lies in was trained on; undefined where that cannot be told. */
async function trainedOn(model: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(dirname(model), 'options.json'), 'utf8');
    return await realOf(RunOptions.parse(JSON.parse(text)).options.data);
  } catch {
    // A model that was taken out of its run's folder.
    return undefined;
  }
}

function realOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

function noteOn(trained: string | undefined, data: string): string {
  const cure = 'to judge those too, train a model on the others';
  if (trained === undefined) {
    return `whether the model was trained on some of these pictures is not known: of what it was trained on it may have learnt the labels by heart, wrong ones too, and does not doubt them; ${cure}`;
  }
  const within = (inner: string, outer: string) => inner === outer || inner.startsWith(outer + sep);
  if (within(data, trained) || within(trained, data)) {
    return `the model was trained on these very pictures: it may have learnt their labels by heart, wrong ones too, and does not doubt them; only its doubts about pictures that were kept from training (valid, test) tell how many labels are wrong; ${cure}`;
  }
  return `the model was trained on other pictures, in ${trained}`;
}
