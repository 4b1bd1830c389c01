import { ApiError } from '@keyhold/api/errors.ts';
import type { Caller } from '../../../access/caller.ts';
import { ROOT } from '../../../ram/access-keys.ts';
import type { Directory } from '../../../ram/directory.ts';
import { refuse, requireUser } from '../../../ram/require.ts';

/**
 * Whose access keys are meant: of the user that is named; without a name, the caller's own, be it a user or the
 * account itself (RAM 1.2). A session has none.
 */
export function ownerOf(directory: Directory, caller: Caller, userName: string | undefined): string {
  if (userName !== undefined) return requireUser(directory, userName).userId;
  if (caller.type === 'root-account') return ROOT;
  if (caller.type !== 'ram-user') throw new ApiError('MissingParameter', { parameter: 'UserName' });
  const user = directory.userById(caller.principalId) ?? refuse('EntityNotExist.User', caller.userName);
  return user.userId;
}
