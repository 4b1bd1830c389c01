import type { AccessKey } from '../../../store/store.ts';
import { dateText } from '../../date-text.ts';

export function shownAccessKey({ accessKeyId, status, createdAt }: Omit<AccessKey, 'wrappedSecret' | 'mac'>) {
  return { AccessKeyId: accessKeyId, Status: status, CreateDate: dateText(createdAt) };
}
