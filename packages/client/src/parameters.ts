import type { Effect, Operation } from '@keyhold/api/operation.ts';
import { writeParameters } from '@keyhold/api/parameters.ts';
import type { Pair } from '@keyhold/api/signature/canonical-query.ts';
import * as z from 'zod';
import type { Asked } from './answer.ts';
import { ParameterError } from './kms-error.ts';

/** Of an action that the contract does not know. */
export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** A call with its parameters as they travel. */
export interface Asking extends Asked {
  readonly effect: Effect;
  readonly unsigned: boolean;
  readonly parameters: readonly Pair[];
}

/** Throws ParameterError. Names that the contract does not have are refused: a misspelt one must not be lost. */
export function checked(operation: Operation, values: object): Asking {
  const { action, effect, unsigned = false, request, response } = operation;
  const unknown = Object.keys(values).find((name) => !Object.hasOwn(request.shape, name));
  if (unknown !== undefined) {
    throw new ParameterError(
      `${action} was not sent: the contract has no parameter ${JSON.stringify(unknown)}; ` +
        `call('${action}', ...) sends what it does not have`,
    );
  }
  try {
    return { action, effect, unsigned, response, parameters: writeParameters(request, { ...values }) };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const problems = error.issues.map(({ path, message }) => `${path.join('.') || 'parameters'}: ${message}`);
    throw new ParameterError(`${action} was not sent: ${problems.join('; ')}`, { cause: error });
  }
}

export const unchecked = (action: string, values: Parameters): Asking => ({
  action,
  effect: 'write',
  unsigned: false,
  parameters: Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  ),
});
