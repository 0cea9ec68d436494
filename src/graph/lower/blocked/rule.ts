import type { GraphBuilder } from '../../builder.js';
import type { ShapeContext } from '../../shapes/index.js';
import type { Node, Value } from '../../types.js';

/**
 * An output as a rule left it: in the plain layout or the blocked one, whose last block may be filled up with more than the
 * value's `channels`.
 */
export type Lowered = { readonly blocked: Value; readonly channels: number } | { readonly plain: Value };

/** An activation that ends the node's work: the only reader of its first output, and a node of its own in the graph. */
export interface FollowingActivation {
  readonly node: Node;
  /** As attributes of a blocked convolution. */
  readonly activation: 'Relu' | 'Clip';
  readonly params: readonly number[];
}

export interface BlockedContext extends ShapeContext {
  readonly b: GraphBuilder;
  readonly block: number;
  plain(input: number): Value;
  /** Input i in the blocked layout: it may have more channels than `dims(i)` says. */
  blocked(input: number): Value;
  /** Whether input i could be had blocked, and whether it is there already. */
  canBlock(input: number): boolean;
  isBlocked(input: number): boolean;
  used(output: number): boolean;
  /** The node of that graph that alone reads an output. */
  onlyReader(output: number): Node | undefined;
  readonly following: FollowingActivation | undefined;
}

/**
 * Writes a node in the blocked layout, or gives undefined where it cannot or should not: the plain rule then does it. A rule
 * that did the work of the only reader of its first output, too, such as the following activation's, says so by `took`.
 */
export type BlockedRule = (c: BlockedContext) => BlockedResult | undefined;

export interface BlockedResult {
  readonly outputs: readonly (Lowered | undefined)[];
  readonly took?: Node | undefined;
}
