/** What a network is worth on a split. */
export interface ValidationResult {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}
