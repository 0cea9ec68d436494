import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CSVLogger } from '../../report/index.js';
import { isFile } from '../../runtime/node/files.js';
import * as callbacks from '../../train/callbacks/index.js';
import { previousCheckpoint, resumeRecipe, runRecipe } from '../../train/recipe.js';
import { cosineAnnealing } from '../../train/schedules.js';
import { tinyLearner } from '../../train/testing/tiny-learner.js';

/**
 * A run of the recipe with every callback that keeps a state, in the folder that is named; goes on where a checkpoint is. Writes
 * `begun` and, when it is over, `numbers.json`: everything but the seconds.
 */
const [folder = ''] = process.argv.slice(2);
const at = (name: string) => join(folder, name);
const learner = await tinyLearner({
  optimizer: 'ranger',
  callbacks: [
    new callbacks.GradientAccumulation(2),
    new callbacks.MixUp(),
    new callbacks.EMA({ decay: 0.9 }),
    new callbacks.ReduceLROnPlateau({ patience: 2 }),
    new callbacks.EarlyStopping({ patience: 30 }),
    new callbacks.SaveModel({ file: at('best') }),
    new callbacks.SaveModel({ file: at('last'), when: 'last' }),
    new callbacks.ProgressiveResizing([16, 24]),
    new CSVLogger(at('log.csv')),
    new callbacks.JsonLinesLogger(at('log.jsonl')),
    new callbacks.TensorBoardLogger(at('events')),
  ],
});
const checkpoint = at('checkpoint.safetensors');
const goesOn = (await isFile(checkpoint)) || (await isFile(previousCheckpoint(checkpoint)));
const from = goesOn ? await resumeRecipe(learner, checkpoint) : undefined;
process.stdout.write('begun\n');
const { progress } = await runRecipe(learner, {
  epochs: 12,
  tta: false,
  schedule: cosineAnnealing(),
  ...{ checkpoint, from, checkpointEvery: { batches: 1 } },
});
const { losses, lrs, moms, epochEnds } = learner.recorder.history;
const epochs = progress.epochs.map(({ seconds, ...row }) => row);
const values = [...(await learner.engine.values())].map(([name, v]) => [name, [...v]]);
const numbers = {
  losses,
  lrs,
  moms,
  epochEnds,
  epochs,
  findings: progress.findings,
  results: progress.results,
  values,
};
await writeFile(at('numbers.json'), JSON.stringify(numbers));
await learner.close();
