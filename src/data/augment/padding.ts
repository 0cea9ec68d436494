/** What is seen beyond the edges of a picture: black, the edge's pixels on and on, or the picture mirrored. */
export const PADDING_MODES = ['zeros', 'border', 'reflection'] as const;

export type PaddingMode = (typeof PADDING_MODES)[number];
