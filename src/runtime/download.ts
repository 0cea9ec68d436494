/** A file that is published somewhere, and how it is told that the right one has come. */
export interface DownloadSource {
  /** Where it is, http or https. */
  readonly address: string;
  /** The name it is kept under, without folders. */
  readonly file: string;
  /** SHA-256 of its bytes in hexadecimal digits, or the first eight or more of them. Default: not compared. */
  readonly sha256?: string;
  /** MD5 of its first 2^20 bytes in hexadecimal digits, as fastai publishes for its sets. Default: not compared. */
  readonly md5OfFirstMiB?: string;
  /** Its length in bytes. Default: not compared. */
  readonly bytes?: number;
}

/** How far a download has come. */
export interface DownloadProgress {
  readonly file: string;
  /** Bytes that are there, those of an earlier attempt included. */
  readonly done: number;
  /** Bytes in all, if the server tells or the source says it. */
  readonly total: number | undefined;
}

export type OnDownload = (progress: DownloadProgress) => void;
