/** RAM 2. */
export const LIMITS = {
  users: 1000,
  groups: 50,
  roles: 1000,
  policies: 1500,
  versionsPerPolicy: 5,
  groupsPerUser: 5,
  /** Also of the account itself. */
  accessKeysPerUser: 2,
  tags: 20,
  attachments: {
    user: { System: 20, Custom: 10 },
    group: { System: 20, Custom: 5 },
    role: { System: 20, Custom: 5 },
  },
} as const;
