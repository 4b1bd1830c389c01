import { ApiError } from '@keyhold/api/errors.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import { callerNow } from '../access/authenticate.ts';
import type { Asking } from '../access/authorise.ts';
import type { NamedResource } from '../access/naming.ts';
import { requireKind } from '../keys/key-kinds.ts';
import { requireState } from '../keys/key-states.ts';
import type { Kms } from '../kms.ts';
import type { CallOf } from '../operations/handler.ts';
import { HANDLERS } from '../operations/handlers.ts';
import type { Directory } from '../ram/directory.ts';
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
    const kms =
      operation.effect === 'write' ? withPermission(ports, call, understood, asking.directory) : ports.kms;
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
      return await handler.run(kms, view);
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

async function permitAnew(
  ports: Ports,
  call: Call,
  understood: Understood,
  stands?: Directory,
): Promise<Asking> {
  const directory = stands ?? (await ports.kms.ram.get(understood.caller.accountId));
  return permit(ports, call, { ...understood, caller: callerNow(directory, understood.caller), directory });
}

/**
 * RAM as a write reaches it. Changes of an account wait for each other: one that was permitted before another
 * took the permission must not undo that.
 */
function withPermission(ports: Ports, call: Call, understood: Understood, permittedOn: Directory): Kms {
  const { ram } = ports.kms;
  return {
    ...ports.kms,
    ram: {
      get: (accountId) => ram.get(accountId),
      change: (accountId, plan) =>
        ram.change(accountId, async (directory) => {
          if (directory !== permittedOn) await permitAnew(ports, call, understood, directory);
          return plan(directory);
        }),
    },
  };
}

function requireUsable(operation: Operation, resources: readonly NamedResource[]): void {
  for (const { missing, key, kind } of resources) {
    if (missing) throw new ApiError(missing.code, missing.details);
    if (key === undefined || kind === 'aliasTarget') continue;
    requireKind(operation, key);
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
