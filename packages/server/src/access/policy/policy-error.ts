/**
 * Why a document is no policy. Its wire code depends on what the document is for (RAM document 10), and on
 * whether it is only too long.
 */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  /** `Statement[0].Condition.StringEquals`, `line 3, column 5`, or empty for the document as a whole. */
  readonly where: string;
  readonly fault: 'grammar' | 'length';

  constructor(message: string, where: string, fault: 'grammar' | 'length' = 'grammar') {
    super(message);
    this.where = where;
    this.fault = fault;
  }

  /** The sentence for whoever wrote the document. */
  told(): string {
    return this.where === '' ? `it ${this.message}` : `${this.where} ${this.message}`;
  }
}
