import type { Graph } from '../types.js';
import { awaitReaders } from './await-readers.js';
import { fuseSums } from './fuse-sums.js';
import { matchRanks } from './match-ranks.js';
import { nameOutputs } from './name-outputs.js';
import { orderLate } from './order-late.js';
import type { EarlyPass, Pass, TypedGraph } from './pass.js';
import { postponeScales } from './postpone-scales.js';
import { shareCommon } from './share-common.js';
import { sumByProduct } from './sum-by-product.js';

/** Before lowering. */
const EARLY_PASSES: readonly EarlyPass[] = [postponeScales];

/** After lowering, in the order in which they run. */
const PASSES: readonly Pass[] = [shareCommon, fuseSums, sumByProduct, matchRanks, nameOutputs, awaitReaders, orderLate];

/** What `without` may name. */
export const PASS_NAMES: readonly string[] = [...EARLY_PASSES, ...PASSES].map((p) => p.name);

/** Runs the passes over a graph that is about to be lowered; `without`: see `optimise`. */
export function prepare(given: Graph, without: readonly string[] = []): Graph {
  return EARLY_PASSES.filter((p) => !without.includes(p.name)).reduce((graph, pass) => pass.run(graph), given);
}

/**
 * Runs the passes over a lowered graph.
 *
 * @param without names of passes to leave out, to measure what each is worth
 */
export function optimise(typed: TypedGraph, without: readonly string[] = []): Graph {
  return PASSES.filter((p) => !without.includes(p.name)).reduce(
    (graph, pass) => pass.run({ ...typed, graph }),
    typed.graph,
  );
}
