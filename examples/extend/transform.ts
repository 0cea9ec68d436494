import { custom } from 'onecycle';

/** A dark frame of up to a tenth of the side, as on scanned slides, on half of the pictures. */
export function slideFrame({ p = 0.5 }: { readonly p?: number } = {}) {
  return custom(
    // RGB planes, uint8, [3, size, size], changed in place; whatever is random comes from `random`, so that runs repeat.
    (pixels, size, random) => {
      const width = Math.floor((random() * size) / 10);
      const dark = Math.floor(40 * random());
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          if (Math.min(x, y, size - 1 - x, size - 1 - y) >= width) continue;
          for (let channel = 0; channel < 3; channel++) pixels[(channel * size + y) * size + x] = dark;
        }
      }
    },
    { p },
  );
}
