import type { Group } from '../../../ram/records.ts';
import { dateText } from '../../date-text.ts';

/** A group as CreateGroup answers it. */
export function newGroupShown({ groupId, groupName, comments, createdAt }: Group) {
  return { GroupId: groupId, GroupName: groupName, Comments: comments, CreateDate: dateText(createdAt) };
}

export function shownGroup(group: Group) {
  return { ...newGroupShown(group), UpdateDate: dateText(group.updatedAt) };
}
