/** The transforms, and what builds them. */

export * from './colour.js';
export { custom } from './custom.js';
export * from './erasing.js';
export type { Range } from './fields.js';
export * from './geometric.js';
export { cutMix, type MixedBatch, type MixOptions, mixUp, targetRows } from './mix.js';
export * from './policies.js';
export type { CustomFunction, OptionsOf, Transform, TransformName, TransformOf } from './transform.js';
