import { ApiError } from '@keyhold/api/errors.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import { type Asking, admits, authorise } from '../access/authorise.ts';
import type { Caller } from '../access/caller.ts';
import { nameResources } from '../access/resources.ts';
import type { Directory } from '../ram/directory.ts';
import type { Home } from '../store/store.ts';
import type { Call, Ports } from './call-state.ts';

/** A call whose caller is known and whose parameters are read. */
export interface Understood {
  readonly operation: Operation;
  readonly caller: Caller;
  readonly directory: Directory;
  readonly home: Home;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Names the resources and asks for permission, as things stand now. Throws where a resource is refused. */
export async function permit(ports: Ports, call: Call, understood: Understood): Promise<Asking> {
  const { operation, caller, directory, home, parameters } = understood;
  const { store, ram: directories } = ports.kms;
  const facts = { time: call.time, tls: call.raw.tls, sourceIp: call.raw.remoteAddress, parameters };
  const asking = { caller, directory, facts, tagsOf: (keyId: string) => store.tags.list(keyId) };
  call.resources = await nameResources(
    {
      store,
      directories,
      caller,
      directory,
      home,
      now: call.time,
      admits: (resource) => admits(asking, resource),
    },
    operation,
    parameters,
  );
  call.decision = await authorise(asking, call.resources);
  const { refused, detail, diagnosis } = call.decision;
  if (refused) {
    if (caller.type === 'root-account' && refused.action === 'sts:AssumeRole') {
      throw new ApiError('NoPermission', {}, { message: 'Roles may not be assumed by root accounts.' });
    }
    const accessDenied = detail && {
      ...detail,
      ...(diagnosis && {
        EncodedDiagnosticMessage: ports.kms.diagnoses.encode(home.accountId, diagnosis, call.time),
      }),
    };
    throw new ApiError('Forbidden.NoPermission', { resource: refused.shown }, { accessDenied });
  }
  return asking;
}
