import { ApiError } from '@keyhold/api/errors.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import type { Asking } from '../access/authorise.ts';
import type { NamedResource } from '../access/naming.ts';
import { requireState } from '../keys/key-states.ts';
import type { CallOf } from '../operations/handler.ts';
import { HANDLERS } from '../operations/handlers.ts';
import { Conflict } from '../store/store.ts';
import type { Call, Ports } from './call-state.ts';
import { permit, type Understood } from './permit.ts';
import { intentOf } from './record.ts';

/** How often a write is tried again when others keep changing the same thing. */
const ATTEMPTS = 8;

/** Runs an allowed call: existence, kind and state of what it names, then the intent of a write, then the work. */
export async function run(
  ports: Ports,
  call: Call,
  understood: Understood,
  permitted: Asking,
): Promise<Readonly<Record<string, unknown>>> {
  const { operation, caller, home, parameters: params } = understood;
  const handler = HANDLERS.get(operation);
  if (handler === undefined) throw new Error(`${operation.action} has no handler`);
  for (let attempt = 1; ; attempt++) {
    // What made the first attempt fail may have been that the caller's permission was taken.
    const asking = attempt === 1 ? permitted : await permitAnew(ports, call, understood);
    const resources = call.resources ?? [];
    requireUsable(operation, resources);
    if (params.DryRun === true) throw new ApiError('DryRunOperationError');
    if (operation.effect === 'write' && attempt === 1) await ports.trail.append(intentOf(call));
    try {
      const { time: now, requestId } = call;
      const key = (parameter: string) => named(resources, parameter, 'key');
      const ciphertext = (parameter: string) => named(resources, parameter, 'ciphertext');
      const view: CallOf<Operation> = {
        params,
        caller,
        home,
        now,
        requestId,
        resources,
        asking,
        key,
        ciphertext,
      };
      return await handler.run(ports.kms, view);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      if (attempt === ATTEMPTS) {
        throw new ApiError('ServiceUnavailableTemporary', {
          reason: 'what it changes is being changed by others',
        });
      }
    }
  }
}

async function permitAnew(ports: Ports, call: Call, understood: Understood): Promise<Asking> {
  const directory = await ports.kms.ram.get(understood.caller.accountId);
  return permit(ports, call, { ...understood, directory });
}

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
