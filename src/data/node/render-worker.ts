/** The thread that renders batches: a RenderRequest comes in, a RenderReply goes out. */
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../core/errors.js';
import { type RenderJob, renderBatch } from '../render.js';

export interface RenderRequest {
  readonly id: number;
  readonly job: RenderJob;
}

export type RenderReply =
  | { readonly id: number; readonly images: Uint8Array<ArrayBuffer> }
  | { readonly id: number; readonly error: string };

const port = parentPort;
port?.on('message', ({ id, job }: RenderRequest) => {
  try {
    const images = renderBatch(job);
    port.postMessage({ id, images } satisfies RenderReply, [images.buffer]);
  } catch (error) {
    port.postMessage({ id, error: messageOf(error) } satisfies RenderReply);
  }
});
