import { access, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { z } from 'zod';
import type { LabelModel } from '../audit/index.js';
import { UserError } from '../core/errors.js';
import { loadImage } from '../data/index.js';
import { Classifier } from './classifier.js';

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
  const file = await modelFile(path);
  const classifier = await Classifier.load(file);
  if (classifier.task !== 'single-label') {
    await classifier.close();
    throw new UserError(
      `${file} is a model for ${classifier.task}; labels are judged by a model that gives each picture one label`,
    );
  }
  return {
    classes: classifier.classes,
    notes: [noteOn(await trainedOn(file), await realOf(data))],
    probabilities: async (files) => {
      const loaded = await Promise.allSettled(
        files.map((name) => loadImage(name, classifier.size, classifier.framing)),
      );
      const pictures = loaded.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const rows = (pictures.length === 0 ? [] : await classifier.outputs(pictures)).values();
      return loaded.map((one) => (one.status === 'fulfilled' ? rows.next().value : undefined));
    },
    close: () => classifier.close(),
  };
}

async function modelFile(path: string): Promise<string> {
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) return path;
  const file = join(path, 'model.onnx');
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (there) return file;
  throw new UserError(`${path} holds no model.onnx; name the folder of a finished run, or a model`);
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
