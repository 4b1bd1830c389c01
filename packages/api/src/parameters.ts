import * as z from 'zod';
import { ApiError, ERRORS, type ErrorCode } from './errors.ts';
import { fold, unfold } from './flattened.ts';
import type { FieldMeta } from './values.ts';

/**
 * The typed parameters of a request, from the text a client sent. Unknown names are ignored, empty values of
 * optional parameters count as absent (KMS semantics 2). Lists and maps are accepted as JSON text and
 * flattened (`Tag.1.Key`, `EncryptionContext.<key>`), but not both at once.
 *
 * Throws ApiError: MissingParameter, InvalidParameter, or the code a check names with `failsWith`. The error
 * names the parameter and never quotes its value.
 */
export function readParameters<S extends z.ZodObject>(
  schema: S,
  wire: ReadonlyMap<string, string>,
): z.output<S> {
  const plan = planOf(schema);
  const folded = plan.flattenable.size > 0 ? fold(plan.flattenable, wire) : undefined;
  const input: Record<string, string> = {};
  for (const field of plan.fields) {
    const text = folded?.get(field.name) ?? wire.get(field.name);
    if (text === undefined || (text === '' && field.emptyIsAbsent)) {
      if (field.required) throw new ApiError('MissingParameter', { parameter: field.name });
    } else if (text.isWellFormed()) {
      input[field.name] = text;
    } else {
      throw new ApiError('InvalidParameter', { parameter: field.name });
    }
  }
  const result = schema.safeParse(input, parseOptions);
  if (result.success) return result.data;
  throw refusal(result.error.issues[0], plan);
}

/**
 * What a client sends for `values`, in the order of the schema: `readParameters` turns it back into the same
 * values. Throws z.ZodError where a value does not fit the schema.
 */
export function writeParameters<S extends z.ZodObject>(
  schema: S,
  values: z.output<S>,
): (readonly [name: string, value: string])[] {
  const encoded: Readonly<Record<string, unknown>> = z.encode(schema, values);
  return planOf(schema).fields.flatMap(({ name, wire }) => {
    const text = encoded[name];
    if (typeof text !== 'string') return [];
    return wire === 'repeat' ? unfold(name, JSON.parse(text)) : [[name, text] as const];
  });
}

interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly emptyIsAbsent: boolean;
  readonly wire: FieldMeta['wire'];
}

interface Plan {
  readonly fields: readonly Field[];
  /** The fields that some client flattens, by name. */
  readonly flattenable: ReadonlyMap<string, NonNullable<FieldMeta['wire']>>;
}

const plans = new WeakMap<z.ZodObject, Plan>();

function planOf(schema: z.ZodObject): Plan {
  const known = plans.get(schema);
  if (known) return known;
  const plan = makePlan(schema);
  plans.set(schema, plan);
  return plan;
}

function makePlan(schema: z.ZodObject): Plan {
  const fields = Object.entries(schema.shape).map(([name, field]): Field => {
    const optional = field instanceof z.ZodOptional;
    const { wire, keepsEmpty }: FieldMeta = (optional ? field.unwrap() : field).meta() ?? {};
    return { name, required: !optional, emptyIsAbsent: optional && !keepsEmpty, wire };
  });
  return {
    fields,
    flattenable: new Map(fields.flatMap(({ name, wire }) => (wire ? [[name, wire] as const] : []))),
  };
}

/** The value at fault is needed to tell "absent" from "wrong"; it goes nowhere. */
const parseOptions = { reportInput: true };

function refusal(issue: z.core.$ZodIssue | undefined, plan: Plan): ApiError {
  const [name = '', ...rest] = issue?.path ?? [];
  // Clients know members of a list by the names they sent; members of a JSON text have none.
  const members = plan.flattenable.get(String(name)) === 'repeat' ? rest : [];
  const steps = members.map((step) => (typeof step === 'number' ? step + 1 : step));
  const parameter = [name, ...steps].join('.');
  const { errorCode, ...details } = (issue?.code === 'custom' && issue.params) || {};
  if (isErrorCode(errorCode)) {
    return new ApiError(errorCode, { parameter, reason: issue?.message ?? '', ...details });
  }
  const nameable = members.length === rest.length;
  const absent = nameable && issue?.code === 'invalid_type' && issue.input === undefined;
  return new ApiError(absent ? 'MissingParameter' : 'InvalidParameter', { parameter });
}

const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ERRORS, code);
