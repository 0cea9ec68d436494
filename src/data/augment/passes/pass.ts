/** Changes a rendered square in place: RGB planes, uint8, [3, size, size]. */
export type Pass = (pixels: Uint8Array, size: number) => void;
