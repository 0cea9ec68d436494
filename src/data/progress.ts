/** How far a longer piece of work has come. */
export interface Progress {
  /** `unpack`: bytes read of what pictures are taken out of; `decode`: pictures; `compare`: pictures compared with all others; `judge`: pictures shown to a model. */
  readonly stage: 'unpack' | 'decode' | 'compare' | 'judge';
  readonly done: number;
  readonly total: number;
}

export type OnProgress = (progress: Progress) => void;
