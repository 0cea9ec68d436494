import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { suggest } from '../train/lr-finder.js';
import { lossesPlot, lrFindPlot } from '../train/plots/index.js';
import type { RecipeEpoch, RecipeProgress } from '../train/recipe.js';
import { SUGGEST_FUNCS, suggestionsOf } from '../train/suggestions.js';
import { clock, csv, EpochTable, historyCsv, iterationsCsv } from './index.js';

const EPOCHS: readonly RecipeEpoch[] = [
  { stage: 'frozen', epoch: 0, trainLoss: 1.5, validLoss: 1.25, metrics: { accuracy: 0.5 }, seconds: 61.23456 },
  { stage: 'finetune', epoch: 0, trainLoss: 0.5, metrics: {}, seconds: 3 },
];
const PROGRESS: RecipeProgress = {
  stage: 'finetune',
  fit: { epoch: 1, batch: 1, smooth: { average: 0, count: 1 }, epochLoss: 0, epochSeconds: 0 },
  findings: {},
  rates: {},
  epochs: [...EPOCHS],
  seconds: {},
  results: [],
};
const found = (lrs: readonly number[], losses: readonly number[]) => ({
  ...suggest(lrs, losses),
  suggestions: suggestionsOf(lrs, losses, lrs.length, SUGGEST_FUNCS),
});
const HISTORY = {
  losses: [3, 2, 1, 0.5, 0.25],
  lrs: [1e-3, 2e-3, 1e-4, 2e-4, 3e-4],
  moms: [0.95, 0.85, 0.95, 0.85, 0.95],
  epochEnds: [2, 4],
  epochs: EPOCHS.map((e) => ({ ...e, validLoss: e.validLoss })),
};

test("the table is fastai's", () => {
  const table = new EpochTable(['accuracy']);
  assert.equal(table.header(), 'epoch     train_loss  valid_loss  accuracy  time');
  assert.deepEqual(
    EPOCHS.map((row) => table.row(row)),
    ['0         1.500000    1.250000    0.500000  01:01', '0         0.500000    #na#        #na#      00:03'],
  );
  assert.deepEqual([0.4, 59.6, 3599, 3600, 36061].map(clock), ['00:00', '01:00', '59:59', '1:00:00', '10:01:01']);
});

test('comma-separated values: quoted where they must be, a line for each epoch and each iteration', () => {
  assert.equal(
    csv(
      ['a', 'b'],
      [
        ['x,y', undefined],
        ['say "no"', 1e-7],
      ],
    ),
    'a,b\n"x,y",\n"say ""no""",1e-7\n',
  );
  assert.equal(
    historyCsv(PROGRESS, ['accuracy', 'f1']),
    'stage,epoch,train_loss,valid_loss,accuracy,f1,seconds\nfrozen,0,1.5,1.25,0.5,,61.235\nfinetune,0,0.5,,,,3\n',
  );
  const lines = iterationsCsv(HISTORY, PROGRESS).trimEnd().split('\n');
  assert.deepEqual(lines.slice(1), [
    '0,frozen,0,3,0.001,0.95',
    '1,frozen,0,2,0.002,0.85',
    '2,finetune,0,1,0.0001,0.95',
    '3,finetune,0,0.5,0.0002,0.85',
    // After the last whole epoch: the one that was stopped.
    '4,finetune,1,0.25,0.0003,0.95',
  ]);
});

/** Draws it; gives the share of pixels of a colour. */
async function shareOf(svg: string, [r, g, b]: readonly [number, number, number]): Promise<number> {
  const { data, info } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  let count = 0;
  for (let i = 0; i < data.length; i += 3) if (data[i] === r && data[i + 1] === g && data[i + 2] === b) count++;
  return count / (info.width * info.height);
}

const WHITE = [255, 255, 255] as const;
const BLUE = [0x1f, 0x5f, 0xa8] as const;
const RED = [0xc0, 0x39, 0x2b] as const;

test("the finder's plot shows the curve and marks the suggestion", async () => {
  const lrs = Array.from({ length: 100 }, (_, i) => 1e-7 * 1e8 ** (i / 99));
  const losses = lrs.map((lr) => 2.3 - 1 / (1 + 3e-4 / lr) + Math.max(0, 20 * (lr - 0.1)));
  const svg = lrFindPlot(found(lrs, losses), { used: 1e-3 }).svg();
  for (const text of ['learning rate', 'loss', 'suggestion', 'lowest loss', 'used 1.00e-3', '1e-4']) {
    assert.ok(svg.includes(text), text);
  }
  assert.ok((await shareOf(svg, WHITE)) > 0.8);
  // Dashes are blended with the paper at their edges.
  for (const colour of [BLUE, RED]) assert.ok((await shareOf(svg, colour)) > 1e-5);
});

test('plots of almost nothing can be drawn', async () => {
  for (const losses of [[1], [1, 5], [0.001, 0.001, 0.001]]) {
    const lrs = losses.map((_, i) => 1e-7 * 2 ** i);
    assert.ok((await shareOf(lrFindPlot(found(lrs, losses)).svg(), WHITE)) > 0.8);
  }
  const empty = { losses: [], lrs: [], moms: [], epochEnds: [], epochs: [] };
  assert.ok((await shareOf(lossesPlot(empty).svg(), WHITE)) > 0.8);
});

test('the plot of losses has both losses and the rate', async () => {
  const svg = lossesPlot(HISTORY).svg();
  for (const text of ['iteration', 'training loss (smoothed)', 'validation loss', 'learning rate']) {
    assert.ok(svg.includes(text), text);
  }
  assert.ok((await shareOf(svg, BLUE)) > 2e-4);
  assert.ok((await shareOf(svg, RED)) > 1e-5);
});
