/** The thread that renders batches: a RenderRequest comes in, a RenderReply goes out. */
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../core/errors.js';
import { RenderError, type RenderJob, renderBatch } from '../render.js';
import { readPixels } from './read-pixels.js';

export interface RenderRequest {
  readonly id: number;
  readonly job: RenderJob;
}

export type RenderReply =
  | { readonly id: number; readonly images: Uint8Array<ArrayBuffer> }
  | {
      readonly id: number;
      readonly error: string;
      /** The picture at fault, if it was one: the parts of a RenderError. */
      readonly at: { readonly picture: number; readonly lost: boolean } | undefined;
    };

const port = parentPort;
port?.on('message', ({ id, job }: RenderRequest) => {
  try {
    const images = renderBatch(job, readPixels);
    port.postMessage({ id, images } satisfies RenderReply, [images.buffer]);
  } catch (error) {
    const at = error instanceof RenderError ? { picture: error.picture, lost: error.lost } : undefined;
    port.postMessage({ id, error: messageOf(error), at } satisfies RenderReply);
  }
});
