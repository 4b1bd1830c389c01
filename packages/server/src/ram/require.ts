import { ApiError, type ErrorCode } from '@keyhold/api/errors.ts';
import type { Directory } from './directory.ts';
import { type AnyPolicy, findPolicy } from './policy.ts';
import type { Group, PolicyType, Role, User } from './records.ts';

/** What a request names, or the refusal that it does not exist. */
export const requireUser = (directory: Directory, name: string): User =>
  directory.user(name) ?? refuse('EntityNotExist.User', name);

export const requireGroup = (directory: Directory, name: string): Group =>
  directory.group(name) ?? refuse('EntityNotExist.Group', name);

export const requireRole = (directory: Directory, name: string): Role =>
  directory.role(name) ?? refuse('EntityNotExist.Role', name);

export const requirePolicy = (directory: Directory, type: PolicyType, name: string): AnyPolicy =>
  findPolicy(directory, type, name) ?? refuse('EntityNotExist.Policy', name);

export function refuse(code: ErrorCode, name: string): never {
  throw new ApiError(code, { name });
}

export function requireRoom(code: ErrorCode, count: number, limit: number): void {
  if (count >= limit) throw new ApiError(code, { limit });
}
