import { AssumeRole } from '@keyhold/api/sts/sts.ts';
import { handler } from '../handler.ts';
import { issueSession } from './issue-session.ts';

/** By a user, or by a session of another role. */
export const assumeRole = handler(AssumeRole, issueSession);
