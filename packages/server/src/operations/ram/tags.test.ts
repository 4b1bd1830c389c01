import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, allowing, trusting } from '../../ram/test-kit/samples.ts';
import { createPolicy } from './policies/create-policy.ts';
import { createRole } from './roles/create-role.ts';
import { listRamTagResources } from './tags/list-tag-resources.ts';
import { tagRamResources } from './tags/tag-resources.ts';
import { untagRamResources } from './tags/untag-resources.ts';
import { ramPlaces } from './test-kit/ram-place.ts';

const open = ramPlaces();

const tags = (...keys: readonly string[]) => JSON.stringify(keys.map((Key) => ({ Key, Value: `${Key}!` })));

async function withRoles(...names: readonly string[]) {
  const place = await open();
  for (const RoleName of names) {
    const AssumeRolePolicyDocument = trusting(`acs:ram::${ACCOUNT}:root`);
    await place.call(createRole, { RoleName, AssumeRolePolicyDocument });
  }
  const { call } = place;
  const all = async (wire: Readonly<Record<string, string>> = {}) => {
    const { TagResources } = await call(listRamTagResources, { ResourceType: 'role', ...wire });
    return TagResources.map(
      ({ ResourceName, TagKey, TagValue }) => `${ResourceName}.${TagKey}=${TagValue}`,
    ).join(' ');
  };
  return { ...place, all };
}

test('tags are set on all that are named or on none, over those that are there', async () => {
  const { call, refuses, all } = await withRoles('a', 'B');
  const roles = { ResourceType: 'role', ResourceNames: '["A","b","a"]' };
  await call(tagRamResources, { ...roles, Tag: tags('x', 'y') });
  await call(tagRamResources, {
    ...roles,
    ResourceNames: '["a"]',
    Tag: '[{"Key":"x","Value":"new"},{"Key":"z"}]',
  });
  assert.equal(await all(), 'a.x=new a.y=y! a.z= B.x=x! B.y=y!');
  await refuses(
    tagRamResources,
    { ...roles, ResourceNames: '["a","none"]', Tag: tags('w') },
    'EntityNotExist.Role',
  );
  const many = tags(...Array.from({ length: 18 }, (_, i) => `k${i}`));
  const { message } = await refuses(
    tagRamResources,
    { ...roles, ResourceNames: '["B","a"]', Tag: many },
    'InvalidParameter',
  );
  assert.match(message, /role a .*20 tags/);
  assert.equal(await all(), 'a.x=new a.y=y! a.z= B.x=x! B.y=y!');

  await call(untagRamResources, { ...roles, TagKeys: '["x","never there"]' });
  assert.equal(await all(), 'a.y=y! a.z= B.y=y!');
  await call(untagRamResources, { ...roles, ResourceNames: '["a"]', All: 'true' });
  assert.equal(await all(), 'B.y=y!');
  await refuses(untagRamResources, { ...roles, ResourceNames: '["c"]', All: 'true' }, 'EntityNotExist.Role');
});

test('policies are tagged as roles are', async () => {
  const { call, refuses, all } = await withRoles();
  await call(createPolicy, { PolicyName: 'p', PolicyDocument: allowing('*'), Tag: tags('made') });
  const policy = { ResourceType: 'policy', ResourceNames: '["P"]' };
  await call(tagRamResources, { ...policy, Tag: tags('x') });
  assert.equal(await all(policy), 'p.made=made! p.x=x!');
  await call(untagRamResources, { ...policy, TagKeys: '["made"]' });
  assert.equal(await all(policy), 'p.x=x!');
  const system = { ...policy, ResourceNames: '["AdministratorAccess"]' };
  await refuses(tagRamResources, { ...system, Tag: tags('x') }, 'EntityNotExist.Policy');
  await refuses(listRamTagResources, system, 'EntityNotExist.Policy');
});

test('tags are listed of what is named or carries what is asked for, over pages', async () => {
  const { call, refuses, all } = await withRoles('a', 'b', 'c');
  for (const [name, keys] of [
    ['a', ['x', 'y']],
    ['b', ['x']],
    ['c', ['y', 'z']],
  ] as const) {
    const named = { ResourceType: 'role', ResourceNames: JSON.stringify([name]) };
    await call(tagRamResources, { ...named, Tag: tags(...keys) });
  }
  assert.equal(await all({ ResourceNames: '["b","C"]' }), 'b.x=x! c.y=y! c.z=z!');
  assert.equal(await all({ Tag: '[{"Key":"y"}]' }), 'a.x=x! a.y=y! c.y=y! c.z=z!');
  assert.equal(await all({ Tag: '[{"Key":"y"},{"Key":"x","Value":"x!"}]' }), 'a.x=x! a.y=y!');

  const seen: string[] = [];
  let NextToken = '';
  do {
    const wire = { ResourceType: 'role', PageSize: '2', ...(NextToken === '' ? {} : { NextToken }) };
    const page = await call(listRamTagResources, wire);
    assert.ok(page.TagResources.length <= 2);
    seen.push(...page.TagResources.map(({ ResourceName, TagKey }) => `${ResourceName}${TagKey}`));
    NextToken = page.NextToken;
  } while (NextToken !== '');
  assert.deepEqual(seen, ['ax', 'ay', 'bx', 'cy', 'cz']);
  await refuses(listRamTagResources, { ResourceType: 'role', NextToken: 'x' }, 'InvalidParameter');
});
