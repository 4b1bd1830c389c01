import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type * as z from 'zod';
import { readParameters, writeParameters } from '../parameters.ts';
import { UpdateAccessKey } from './access-keys.ts';
import { AttachPolicyToUser } from './attachments.ts';
import { CreateGroup, UpdateGroup } from './groups.ts';
import { CreatePolicy, ListPolicies } from './policies.ts';
import { CreatePolicyVersion, GetPolicyVersion } from './policy-versions.ts';
import { CreateRole, UpdateRole } from './roles.ts';
import { TagResources, UntagResources } from './tags.ts';
import { CreateUser, UpdateUser } from './users.ts';

type Wire = Readonly<Record<string, string>>;
/** Whatever its parameters are. */
type Any = { readonly request: z.ZodObject };
const read = <S extends z.ZodObject>({ request }: { readonly request: S }, wire: Wire) =>
  readParameters(request, new Map(Object.entries(wire)));
const refuses = (operation: Any, wire: Wire, code: string) =>
  assert.throws(() => read(operation, wire), { name: 'ApiError', code }, JSON.stringify(wire));

const ASCII = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

/** Operation, parameter, what else it needs, longest, and the characters allowed. */
const NAMES: readonly (readonly [Any, string, Wire, number, RegExp])[] = [
  [CreateUser, 'UserName', {}, 64, /[A-Za-z0-9._-]/],
  [UpdateUser, 'NewUserName', { UserName: 'a' }, 64, /[A-Za-z0-9._-]/],
  [CreateGroup, 'GroupName', {}, 64, /[A-Za-z0-9._-]/],
  [UpdateGroup, 'NewGroupName', { GroupName: 'a' }, 64, /[A-Za-z0-9._-]/],
  [CreateRole, 'RoleName', { AssumeRolePolicyDocument: '{}' }, 64, /[A-Za-z0-9.-]/],
  [CreatePolicy, 'PolicyName', { PolicyDocument: '{}' }, 128, /[A-Za-z0-9-]/],
];

test('names: every allowed character, no other, and the length', () => {
  for (const [operation, parameter, others, max, characters] of NAMES) {
    const allowed = ASCII.filter((char) => characters.test(char));
    const name = fc.array(fc.constantFrom(...allowed), { minLength: 1, maxLength: max });
    fc.assert(
      fc.property(name, (chars) => {
        const text = chars.join('');
        assert.equal(Reflect.get(read(operation, { ...others, [parameter]: text }), parameter), text);
      }),
      { numRuns: 50 },
    );
    for (const char of [...ASCII, 'ä', '名', '🔑'].filter((char) => !allowed.includes(char))) {
      const code = `InvalidParameter.${parameter}.InvalidChars`;
      refuses(operation, { ...others, [parameter]: `a${char}b` }, code);
    }
    refuses(
      operation,
      { ...others, [parameter]: 'a'.repeat(max + 1) },
      `InvalidParameter.${parameter}.Length`,
    );
  }
  refuses(CreateUser, { UserName: '' }, 'InvalidParameter.UserName.Length');
  refuses(CreateUser, {}, 'MissingParameter');
});

test('texts have a length, and a code that says so', () => {
  const role = { RoleName: 'r', AssumeRolePolicyDocument: '{}' };
  const policy = { PolicyName: 'p', PolicyDocument: '{}' };
  const limits: readonly (readonly [Any, Wire, string, number])[] = [
    [CreateUser, { UserName: 'u' }, 'Comments', 128],
    [CreateUser, { UserName: 'u' }, 'DisplayName', 128],
    [UpdateUser, { UserName: 'u' }, 'NewComments', 128],
    [UpdateUser, { UserName: 'u' }, 'NewDisplayName', 128],
    [CreateGroup, { GroupName: 'g' }, 'Comments', 128],
    [CreateRole, role, 'Description', 1024],
    [CreateRole, role, 'AssumeRolePolicyDocument', 6144],
    [UpdateRole, { RoleName: 'r' }, 'NewAssumeRolePolicyDocument', 6144],
    [UpdateRole, { RoleName: 'r' }, 'NewDescription', 1024],
    [CreatePolicy, policy, 'PolicyDocument', 6144],
    [CreatePolicyVersion, policy, 'PolicyDocument', 6144],
  ];
  for (const [operation, others, parameter, max] of limits) {
    read(operation, { ...others, [parameter]: 'x'.repeat(max) });
    const wire = { ...others, [parameter]: 'x'.repeat(max + 1) };
    refuses(operation, wire, `InvalidParameter.${parameter}.Length`);
  }
  refuses(CreatePolicy, { ...policy, PolicyDocument: '' }, 'InvalidParameter.PolicyDocument.Length');
});

test('an empty text clears comments and e-mail, and means nothing elsewhere', () => {
  const cleared = { UserName: 'u', NewComments: '', NewEmail: '', NewDisplayName: '', NewUserName: '' };
  assert.deepEqual(read(UpdateUser, cleared), { UserName: 'u', NewComments: '', NewEmail: '' });
});

test('a wrong form has a code of its own', () => {
  refuses(CreateUser, { UserName: 'u', Email: 'nobody' }, 'InvalidParameter.Email.Format');
  refuses(UpdateUser, { UserName: 'u', NewEmail: 'a b@c' }, 'InvalidParameter.NewEmail.Format');
  refuses(CreateUser, { UserName: 'u', MobilePhone: '+86 1' }, 'InvalidParameter.MobilePhone.Format');
  refuses(CreateUser, { UserName: 'u', DisplayName: '<b>' }, 'InvalidParameter.DisplayName.InvalidChars');
  read(CreateUser, { UserName: 'u', DisplayName: '王 小明', MobilePhone: '86-18600000000' });

  const version = { PolicyName: 'p', PolicyType: 'Custom' };
  for (const VersionId of ['v0', '1', 'V1', 'v01', 'v', 'v1 ', `v${'1'.repeat(20)}`]) {
    refuses(GetPolicyVersion, { ...version, VersionId }, 'InvalidParameter.VersionId.Format');
  }
  assert.equal(read(GetPolicyVersion, { ...version, VersionId: 'v12' }).VersionId, 'v12');
  for (const PolicyType of ['system', 'Customs', 'constructor']) {
    refuses(ListPolicies, { PolicyType }, 'InvalidParameter.PolicyType');
  }
});

test('numbers and choices without a code of their own answer InvalidParameter', () => {
  const role = { RoleName: 'r', AssumeRolePolicyDocument: '{}' };
  for (const MaxSessionDuration of ['3599', '43201', '1h']) {
    refuses(CreateRole, { ...role, MaxSessionDuration }, 'InvalidParameter');
  }
  for (const MaxItems of ['0', '1001', '-1']) refuses(ListPolicies, { MaxItems }, 'InvalidParameter');
  refuses(UpdateAccessKey, { UserAccessKeyId: 'k', Status: 'active' }, 'InvalidParameter');
});

test('an attachment to a part of the account is refused, not widened', () => {
  const attachment = { PolicyType: 'Custom', PolicyName: 'p', UserName: 'u' };
  assert.deepEqual(read(AttachPolicyToUser, { ...attachment, ResourceGroupId: '' }), attachment);
  refuses(AttachPolicyToUser, { ...attachment, ResourceGroupId: 'rg-1' }, 'UnsupportedOperation');
});

test('tags: up to twenty, and none twice', () => {
  const named = { ResourceType: 'role', ResourceNames: '["a","b"]' };
  const tags = (count: number) =>
    JSON.stringify(Array.from({ length: count }, (_, i) => ({ Key: `k${i}`, Value: '' })));
  assert.equal(read(TagResources, { ...named, Tag: tags(20) }).Tag.length, 20);
  refuses(TagResources, { ...named, Tag: tags(21) }, 'InvalidParameter');
  refuses(TagResources, { ...named, Tag: '[{"Key":"a"},{"Key":"a"}]' }, 'InvalidParameter');
  refuses(TagResources, { ...named, Tag: '[{"Value":"a"}]' }, 'InvalidParameter');
  refuses(TagResources, { ...named, ResourceType: 'user', Tag: tags(1) }, 'InvalidParameter');
  refuses(UntagResources, named, 'MissingParameter');
  refuses(UntagResources, { ...named, All: 'false' }, 'MissingParameter');
  assert.equal(read(UntagResources, { ...named, All: 'true' }).All, true);
});

test('what is written is read back', () => {
  const values = {
    PolicyType: 'System' as const,
    Marker: 'm',
    MaxItems: 7,
    Tag: [{ Key: 'k', Value: 'v' }, { Key: '__proto__' }],
  };
  assert.deepEqual(
    read(ListPolicies, Object.fromEntries(writeParameters(ListPolicies.request, values))),
    values,
  );
});
