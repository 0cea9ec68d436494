/** How far a longer piece of work has come. */
export interface Progress {
  /** `unpack`: bytes read of what pictures are taken out of; `decode`: pictures. */
  readonly stage: 'unpack' | 'decode';
  readonly done: number;
  readonly total: number;
}

export type OnProgress = (progress: Progress) => void;
