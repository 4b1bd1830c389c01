import type { PolicyRef, Step, Target } from './steps.ts';

interface Entity {
  name: string;
}

interface Policy extends Entity {
  versions: string[];
  latest: number;
  standard: string;
}

interface Key {
  readonly id: string;
  readonly owner: Entity | null;
  active: boolean;
}

interface Attachment {
  readonly type: string;
  readonly policy: Entity;
  readonly kind: Target['kind'];
  readonly to: Entity;
}

class Refused {
  readonly code: string;
  constructor(code: string) {
    this.code = code;
  }
}

const WORD = { user: 'User', group: 'Group', role: 'Role' } as const;
const ADMINISTRATOR: Entity = { name: 'AdministratorAccess' };

/** What RAM does, as plainly as it can be said: lists, and things in them that know each other. */
export class RamModel {
  users: Entity[] = [];
  groups: Entity[] = [];
  roles: Entity[] = [];
  policies: Policy[] = [];
  members: { user: Entity; group: Entity }[] = [];
  attachments: Attachment[] = [];
  keys: Key[] = [{ id: 'root', owner: null, active: true }];

  /** `done`, or the code of the refusal. */
  apply(step: Step): string {
    try {
      this.#apply(step);
      return 'done';
    } catch (error) {
      if (error instanceof Refused) return error.code;
      throw error;
    }
  }

  /** Everything, as lines in order. */
  lines(): string[] {
    return [
      ...this.users.map((user) => `user ${user.name}`),
      ...this.groups.map((group) => `group ${group.name}`),
      ...this.members.map(({ user, group }) => `${user.name} in ${group.name}`),
      ...this.roles.map((role) => `role ${role.name}`),
      ...this.policies.map(({ name, versions, standard }) => `policy ${name} ${versions.join()} ${standard}`),
      ...this.attachments.map(({ type, policy, kind, to }) => `${type} ${policy.name} to ${kind} ${to.name}`),
      ...this.keys.map(({ id, owner, active }) => `key ${id} of ${owner ? owner.name : 'root'} ${active}`),
    ].sort();
  }

  #apply(step: Step): void {
    switch (step.do) {
      case 'make user':
        this.#make(this.users, step.name, 'User');
        return;
      case 'rename user':
        this.#rename(this.users, step.name, step.to, 'User');
        return;
      case 'remove user': {
        const user = this.#find(this.users, step.name, 'User');
        refuseIf(
          this.keys.some(({ owner }) => owner === user),
          'DeleteConflict.User.AccessKey',
        );
        refuseIf(
          this.members.some((member) => member.user === user),
          'DeleteConflict.User.Group',
        );
        refuseIf(this.#attachedTo(user).length > 0, 'DeleteConflict.User.Policy');
        this.users = this.users.filter((other) => other !== user);
        return;
      }
      case 'make group':
        this.#make(this.groups, step.name, 'Group');
        return;
      case 'rename group':
        this.#rename(this.groups, step.name, step.to, 'Group');
        return;
      case 'remove group': {
        const group = this.#find(this.groups, step.name, 'Group');
        refuseIf(
          this.members.some((member) => member.group === group),
          'DeleteConflict.Group.User',
        );
        refuseIf(this.#attachedTo(group).length > 0, 'DeleteConflict.Group.Policy');
        this.groups = this.groups.filter((other) => other !== group);
        return;
      }
      case 'join': {
        const user = this.#find(this.users, step.user, 'User');
        const group = this.#find(this.groups, step.group, 'Group');
        const own = this.members.filter((member) => member.user === user);
        refuseIf(
          own.some((member) => member.group === group),
          'EntityAlreadyExists.User.Group',
        );
        refuseIf(own.length >= 5, 'LimitExceeded.User.Group');
        this.members.push({ user, group });
        return;
      }
      case 'leave': {
        const user = this.#find(this.users, step.user, 'User');
        const group = this.#find(this.groups, step.group, 'Group');
        const left = this.members.filter((member) => member.user !== user || member.group !== group);
        refuseIf(left.length === this.members.length, 'EntityNotExist.User.Group');
        this.members = left;
        return;
      }
      case 'make role':
        this.#make(this.roles, step.name, 'Role');
        return;
      case 'remove role': {
        const role = this.#find(this.roles, step.name, 'Role');
        refuseIf(this.#attachedTo(role).length > 0, 'DeleteConflict.Role.Policy');
        this.roles = this.roles.filter((other) => other !== role);
        return;
      }
      case 'make policy':
        refuseIf(named(this.policies, step.name) !== undefined, 'EntityAlreadyExists.Policy');
        this.policies.push({ name: step.name, versions: ['v1'], latest: 1, standard: 'v1' });
        return;
      case 'remove policy':
        this.#removePolicy(step.name, step.cascading);
        return;
      case 'add version':
        this.#addVersion(step);
        return;
      case 'default version':
        this.#withVersion(step).standard = step.versionId;
        return;
      case 'remove version': {
        const policy = this.#withVersion(step);
        refuseIf(policy.standard === step.versionId, 'DeleteConflict.Policy.Version.Default');
        policy.versions = policy.versions.filter((version) => version !== step.versionId);
        return;
      }
      case 'attach': {
        const wanted = this.#attachment(step.policy, step.target);
        const held = this.#attachedTo(wanted.to).filter(({ type }) => type === wanted.type);
        const word = WORD[step.target.kind];
        refuseIf(
          held.some(({ policy }) => policy === wanted.policy),
          `EntityAlreadyExists.${word}.Policy`,
        );
        const most = wanted.type === 'System' ? 20 : word === 'User' ? 10 : 5;
        refuseIf(held.length >= most, `LimitExceeded.${word}.Policy`);
        this.attachments.push(wanted);
        return;
      }
      case 'detach': {
        const { policy, to } = this.#attachment(step.policy, step.target);
        const left = this.attachments.filter((held) => held.policy !== policy || held.to !== to);
        const code = `EntityNotExist.${WORD[step.target.kind]}.Policy`;
        refuseIf(left.length === this.attachments.length, code);
        this.attachments = left;
        return;
      }
      case 'make key': {
        const owner = this.#owner(step.owner);
        refuseIf(this.keys.filter((key) => key.owner === owner).length >= 2, 'LimitExceeded.User.AccessKey');
        // An id that is taken is drawn again in truth.
        if (!this.keys.some(({ id }) => id === step.keyId)) {
          this.keys.push({ id: step.keyId, owner, active: true });
        }
        return;
      }
      case 'switch key': {
        const key = this.#key(step);
        if (key.active && !step.active) this.#requireAnother(key);
        key.active = step.active;
        return;
      }
      case 'remove key': {
        const key = this.#key(step);
        if (key.active) this.#requireAnother(key);
        this.keys = this.keys.filter((other) => other !== key);
        return;
      }
    }
  }

  #make(list: Entity[], name: string, what: string): void {
    refuseIf(named(list, name) !== undefined, `EntityAlreadyExists.${what}`);
    list.push({ name });
  }

  #rename(list: Entity[], name: string, to: string, what: string): void {
    const entity = this.#find(list, name, what);
    const holder = named(list, to);
    refuseIf(holder !== undefined && holder !== entity, `EntityAlreadyExists.${what}`);
    entity.name = to;
  }

  #find<T extends Entity>(list: readonly T[], name: string, what: string): T {
    const found = named(list, name);
    if (found === undefined) throw new Refused(`EntityNotExist.${what}`);
    return found;
  }

  #attachedTo = (to: Entity): Attachment[] => this.attachments.filter((attachment) => attachment.to === to);

  #removePolicy(name: string, cascading: boolean): void {
    const policy = this.#find(this.policies, name, 'Policy');
    const kinds = this.attachments.filter((held) => held.policy === policy).map(({ kind }) => kind);
    refuseIf(kinds.includes('user'), 'DeleteConflict.Policy.User');
    refuseIf(kinds.includes('group'), 'DeleteConflict.Policy.Group');
    refuseIf(kinds.includes('role'), 'DeleteConflict.Role.Policy');
    refuseIf(policy.versions.length > 1 && !cascading, 'DeleteConflict.Policy.Version');
    this.policies = this.policies.filter((other) => other !== policy);
  }

  #addVersion(step: Step & { do: 'add version' }): void {
    const policy = this.#find(this.policies, step.name, 'Policy');
    if (policy.versions.length >= 5) {
      refuseIf(!step.rotate, 'LimitExceeded.Policy.Version');
      policy.versions.splice(policy.versions[0] === policy.standard ? 1 : 0, 1);
    }
    policy.latest++;
    policy.versions.push(`v${policy.latest}`);
    if (step.setAsDefault) policy.standard = `v${policy.latest}`;
  }

  #withVersion({ name, versionId }: { name: string; versionId: string }): Policy {
    const policy = this.#find(this.policies, name, 'Policy');
    refuseIf(!policy.versions.includes(versionId), 'EntityNotExist.Policy.Version');
    return policy;
  }

  #attachment(wanted: PolicyRef, { kind, name }: Target): Attachment {
    const to = this.#find(this[`${kind}s`], name, WORD[kind]);
    const known = wanted.policyType === 'System' ? [ADMINISTRATOR] : this.policies;
    return { type: wanted.policyType, policy: this.#find(known, wanted.policyName, 'Policy'), kind, to };
  }

  #owner = (name: string | null): Entity | null =>
    name === null ? null : this.#find(this.users, name, 'User');

  #key(step: { readonly owner: string | null; readonly keyId: string }): Key {
    const owner = this.#owner(step.owner);
    const key = this.keys.find(({ id }) => id === step.keyId);
    if (key?.owner !== owner) throw new Refused('EntityNotExist.User.AccessKey');
    return key;
  }

  #requireAnother(key: Key): void {
    const others = this.keys.filter((other) => other !== key && other.owner === null && other.active);
    refuseIf(key.owner === null && others.length === 0, 'DeleteConflict.User.AccessKey');
  }
}

const named = <T extends Entity>(list: readonly T[], name: string): T | undefined =>
  list.find((entity) => entity.name.toLowerCase() === name.toLowerCase());

function refuseIf(condition: boolean, code: string): void {
  if (condition) throw new Refused(code);
}
