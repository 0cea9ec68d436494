/** The transforms, and what builds them. */

export * from './colour.js';
export * from './erasing.js';
export type { Range } from './fields.js';
export * from './geometric.js';
export * from './policies.js';
export type { OptionsOf, Transform, TransformName, TransformOf } from './transform.js';
