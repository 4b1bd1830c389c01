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
  const map = Object.entries(values).find(
    ([, value]) => isObject(value) && Object.hasOwn(value, '__proto__'),
  );
  if (map) throw new ParameterError(`${action} was not sent: ${map[0]}: __proto__ would be lost on the way`);
  try {
    const parameters = wholeText(action, writeParameters(request, { ...values }));
    return { action, effect, unsigned, response, parameters };
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
  parameters: wholeText(
    action,
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as const],
    ),
  ),
});

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Half of a surrogate pair has no bytes to send. */
function wholeText(action: string, pairs: readonly Pair[]): readonly Pair[] {
  const broken = pairs.find(([name, value]) => !name.isWellFormed() || !value.isWellFormed());
  if (!broken) return pairs;
  throw new ParameterError(
    `${action} was not sent: ${broken[0].toWellFormed()}: this is not whole Unicode text`,
  );
}
