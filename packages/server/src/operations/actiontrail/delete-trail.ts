import { DeleteTrail } from '@keyhold/api/actiontrail/trails.ts';
import { handler } from '../handler.ts';
import { requireTrail } from './trail-changes.ts';

/** At once: what was delivered stays, what was not is not any more. */
export const deleteTrail = handler(DeleteTrail, async (kms, { params, home }) => {
  await kms.ram.change(home.accountId, (directory) => {
    const trail = requireTrail(directory, home, params.Name);
    return { result: undefined, remove: [['trail', trail]] };
  });
  await kms.delivery.noteChange(home.accountId);
  return {};
});
