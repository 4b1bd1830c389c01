/** Where objects are delivered to. */
export interface Target {
  /**
   * When this resolves, the object is there, whole, and survives power loss where the target is a disk. Putting the
   * same object again changes nothing. Rejects with `TargetFailure`.
   */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Rejects with `TargetFailure` where nothing can be put. */
  check(): Promise<void>;
}

export type FailureReason = 'missing' | 'denied' | 'full' | 'away';

/** The message is for the log: it may name paths and hosts, never a secret. */
export class TargetFailure extends Error {
  override readonly name = 'TargetFailure';
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
