import { UserError } from '../../core/errors.js';
import { isFloat, sizeOf, type TensorData } from '../../graph/types.js';
import { torchvisionNames } from './key-maps.js';

export interface MatchOptions {
  /** Names the file and the network in messages. */
  readonly file: string;
  readonly network?: string;
  /**
   * Names of the network's original classifier, in its own naming. Those of them that are wanted are left out, all of them,
   * if any is missing or has another shape; those that are in the file are no reason to refuse it.
   */
  readonly classifier?: Iterable<string>;
}

/**
 * Finds a network's tensors in a file of weights: under its own names, under a prefix such as `module.` or `model.`, or under
 * the names of another library (see key-maps.ts).
 *
 * @param wanted shape of each tensor by its name in the network
 * @returns tensors by the network's names, in its shapes and in the file's types
 * @throws {UserError} listing tensors that are missing, of another shape, or not in the network
 */
export function matchTensors(
  tensors: ReadonlyMap<string, TensorData>,
  wanted: ReadonlyMap<string, readonly number[]>,
  options: MatchOptions,
): Map<string, TensorData> {
  const classifier = new Set(options.classifier ?? []);
  const required = [...wanted.keys()].filter((name) => !classifier.has(name));
  const pairing = bestPairing([...tensors.keys()], [...wanted.keys(), ...classifier], required);

  const found = new Map<string, TensorData>();
  const missing: string[] = [];
  const misshaped: string[] = [];
  for (const name of required) {
    const theirs = pairing.theirs.get(name);
    const tensor = theirs === undefined ? undefined : tensors.get(theirs);
    const dims = wanted.get(name) ?? [];
    if (theirs === undefined || tensor === undefined) missing.push(name);
    else if (fits(tensor.dims, dims, pairing.renamed)) found.set(name, { ...tensor, dims });
    else misshaped.push(`${theirs} is [${tensor.dims}], not [${dims}]`);
  }
  takeClassifier(tensors, wanted, classifier, pairing, found);

  const used = new Set(pairing.theirs.values());
  const spare = spareParts(required, [...classifier], pairing.common);
  const extra = [...tensors].flatMap(([theirs, tensor]) => {
    if (used.has(theirs) || !theirs.startsWith(pairing.prefix) || !isParameter(theirs, tensor)) return [];
    const name = pairing.common(theirs.slice(pairing.prefix.length));
    return spare.has(firstPart(name)) || spare.has(firstPart(theirs.slice(pairing.prefix.length))) ? [] : [theirs];
  });
  if (missing.length + misshaped.length + extra.length === 0) return found;
  throw mismatch(options, tensors, required, {
    missing,
    misshaped,
    extra,
    anyFound: found.size + misshaped.length > 0,
  });
}

/** How names of the file and of the network go together. */
interface Pairing {
  readonly prefix: string;
  /** The file's name for each of the network's. */
  readonly theirs: ReadonlyMap<string, string>;
  /** Whether the two have names of different libraries. */
  readonly renamed: boolean;
  /** A name of the file, without the prefix, or of the network, in the naming they were compared in. */
  readonly common: (name: string) => string;
}

/** The prefix and naming under which most of the required names are there; of equals, the shortest prefix. */
function bestPairing(theirs: readonly string[], ours: readonly string[], required: readonly string[]): Pairing {
  const ourNames = torchvisionNames(ours);
  let best: Pairing | undefined;
  let most = -1;
  const consider = (pairing: Pairing): void => {
    const count = required.filter((name) => pairing.theirs.has(name)).length;
    if (count > most) [best, most] = [pairing, count];
  };
  for (const prefix of prefixes(theirs, required.length)) {
    const stripped = theirs.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    const there = new Set(stripped);
    const same = ours.flatMap((name) => (there.has(name) ? [[name, prefix + name] as const] : []));
    consider({ prefix, theirs: new Map(same), renamed: false, common: (name) => name });
    const theirNames = torchvisionNames(stripped);
    if (theirNames === undefined && ourNames === undefined) continue;
    const common = (name: string) => theirNames?.get(name) ?? ourNames?.get(name) ?? name;
    const byCommon = new Map(stripped.map((name) => [theirNames?.get(name) ?? name, prefix + name]));
    const paired = ours.flatMap((name) => {
      const match = byCommon.get(ourNames?.get(name) ?? name);
      return match === undefined ? [] : [[name, match] as const];
    });
    consider({ prefix, theirs: new Map(paired), renamed: true, common });
  }
  return best ?? { prefix: '', theirs: new Map(), renamed: false, common: (name) => name };
}

const DEEPEST_PREFIX = 6;

/** Leading parts of names, the shortest first, that at least half as many names have as are wanted: a network within another. */
function prefixes(names: readonly string[], wanted: number): string[] {
  const counts = new Map<string, number>();
  for (const name of names) {
    let at = -1;
    for (let depth = 0; depth < DEEPEST_PREFIX; depth++) {
      at = name.indexOf('.', at + 1);
      if (at < 0) break;
      const prefix = name.slice(0, at + 1);
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
  }
  const frequent = [...counts].filter(([, count]) => count >= Math.max(1, wanted / 2)).map(([prefix]) => prefix);
  return ['', ...frequent.sort((a, b) => a.length - b.length)];
}

/**
 * Whether a tensor can be taken as it lies in memory. Between libraries, a matrix may be a 1×1 convolution, and a vector a
 * column of planes: the first axis stays, and the number of elements.
 */
function fits(theirs: readonly number[], ours: readonly number[], renamed: boolean): boolean {
  if (theirs.join() === ours.join()) return true;
  return renamed && theirs.length > 0 && theirs[0] === ours[0] && sizeOf(theirs) === sizeOf(ours);
}

function takeClassifier(
  tensors: ReadonlyMap<string, TensorData>,
  wanted: ReadonlyMap<string, readonly number[]>,
  classifier: ReadonlySet<string>,
  pairing: Pairing,
  found: Map<string, TensorData>,
): void {
  const taken: [string, TensorData][] = [];
  for (const name of classifier) {
    const dims = wanted.get(name);
    if (dims === undefined) continue;
    const tensor = tensors.get(pairing.theirs.get(name) ?? '');
    if (tensor === undefined || !fits(tensor.dims, dims, pairing.renamed)) return;
    taken.push([name, { ...tensor, dims }]);
  }
  for (const [name, tensor] of taken) found.set(name, tensor);
}

/** First parts of the names that classifiers have, as far as the network's body has no such part. */
function spareParts(
  required: readonly string[],
  classifier: readonly string[],
  common: (name: string) => string,
): Set<string> {
  const parts = new Set([
    ...CLASSIFIERS,
    ...classifier.map(firstPart),
    ...classifier.map((name) => firstPart(common(name))),
  ]);
  for (const name of required) {
    parts.delete(firstPart(name));
    parts.delete(firstPart(common(name)));
  }
  return parts;
}

/** What classifiers are called; a fine-tuned one may be called otherwise than the original. */
const CLASSIFIERS = ['fc', 'classifier', 'head', 'heads', 'head_dist', 'last_linear', 'pre_logits', 'aux_classifier'];

function firstPart(name: string): string {
  return name.split('.', 1)[0] ?? name;
}

/**
 * Whether a tensor is one of a network's layers: not a counter, not a constant of an ONNX graph, whose name is a word or has
 * slashes and colons.
 */
function isParameter(name: string, tensor: TensorData): boolean {
  return isFloat(tensor.dtype) && !name.endsWith('.num_batches_tracked') && /^[^/:]+\.[^/:]+$/.test(name);
}

const MOST_LISTED = 20;

function mismatch(
  { file, network = 'the network' }: MatchOptions,
  tensors: ReadonlyMap<string, TensorData>,
  required: readonly string[],
  o: { missing: readonly string[]; misshaped: readonly string[]; extra: readonly string[]; anyFound: boolean },
): UserError {
  if (!o.anyFound) {
    return new UserError(
      `${file} does not fit ${network}: none of its tensors is there. The file has ${listed([...tensors.keys()], 5)}; ${network} has ${listed(required, 5)}`,
    );
  }
  const parts: string[] = [];
  if (o.missing.length > 0) parts.push(`${amount(o.missing)} missing: ${listed(o.missing)}`);
  if (o.misshaped.length > 0)
    parts.push(`${amount(o.misshaped)} of another shape: ${listed(o.misshaped, MOST_LISTED, '; ')}`);
  if (o.extra.length > 0) parts.push(`${amount(o.extra)} not in ${network}: ${listed(o.extra)}`);
  return new UserError(`${file} does not fit ${network}.\n  ${parts.join('\n  ')}`);
}

function amount(names: readonly string[]): string {
  return names.length === 1 ? '1 tensor' : `${names.length} tensors`;
}

function listed(names: readonly string[], most = MOST_LISTED, between = ', '): string {
  if (names.length === 0) return 'none';
  const rest = names.length - most;
  return names.slice(0, most).join(between) + (rest > 0 ? `${between}and ${rest} more` : '');
}
