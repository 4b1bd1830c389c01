import { ApiError } from '@keyhold/api/errors.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import type { Caller } from '../access/caller.ts';
import { type NamedResource, nameResources } from '../access/resources.ts';
import { requireState } from '../keys/key-states.ts';
import { type CallOf, Conflict } from '../operations/handler.ts';
import { HANDLERS } from '../operations/handlers.ts';
import type { Home } from '../store/store.ts';
import type { Call, Ports } from './call-state.ts';
import { intentOf } from './record.ts';

/** How often a write is tried again when others keep changing the same key. */
const ATTEMPTS = 8;

interface Allowed {
  readonly operation: Operation;
  readonly caller: Caller;
  readonly home: Home;
}

/** Runs an allowed call: existence, kind and state of what it names, then the intent of a write, then the work. */
export async function run(
  ports: Ports,
  call: Call,
  { operation, caller, home }: Allowed,
): Promise<Readonly<Record<string, unknown>>> {
  const params = call.parameters ?? {};
  const handler = HANDLERS.get(operation.action);
  if (handler === undefined) throw new Error(`${operation.action} has no handler`);
  for (let attempt = 1; ; attempt++) {
    const resources = attempt === 1 ? (call.resources ?? []) : await again(ports, call, operation, home);
    requireUsable(operation, resources);
    if (params.DryRun === true) throw new ApiError('DryRunOperationError');
    if (operation.effect === 'write' && attempt === 1) await ports.trail.append(intentOf(call));
    try {
      const { time: now, requestId } = call;
      const key = (parameter: string) => named(resources, parameter, 'key');
      const ciphertext = (parameter: string) => named(resources, parameter, 'ciphertext');
      const view: CallOf<Operation> = { params, caller, home, now, requestId, resources, key, ciphertext };
      return await handler.run(ports.kms, view);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      if (attempt === ATTEMPTS) {
        throw new ApiError('ServiceUnavailableTemporary', { reason: 'the key is being changed by others' });
      }
    }
  }
}

const again = (ports: Ports, call: Call, operation: Operation, home: Home) =>
  nameResources({ store: ports.kms.store, home, now: call.time }, operation, call.parameters ?? {});

function requireUsable(operation: Operation, resources: readonly NamedResource[]): void {
  for (const { missing, key, kind } of resources) {
    if (missing) throw new ApiError(missing.code, missing.details);
    if (key === undefined || kind === 'aliasTarget') continue;
    if (operation.effect === 'use' && key.keyUsage !== 'ENCRYPT/DECRYPT') {
      throw new ApiError('UnsupportedOperation', { reason: 'the key does not encrypt' });
    }
    requireState(operation.action, key);
  }
}

function named<What extends 'key' | 'ciphertext'>(
  resources: readonly NamedResource[],
  parameter: string,
  what: What,
): NonNullable<NamedResource[What]> {
  const found = resources.find((resource) => resource.parameter === parameter)?.[what];
  if (found == null) throw new Error(`the operation names no ${what} by ${parameter}`);
  return found;
}
