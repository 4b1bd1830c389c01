import { NodeSqlite } from '../store/node-sqlite.ts';

const PAGE = 1000;

/** Every key of every account: no port of the store has that, because no operation may see it. */
export function* allKeyIds(path: string): Generator<string, void, undefined> {
  const sqlite = new NodeSqlite(path, 0);
  try {
    const page = sqlite.prepare('select key_id from keys where key_id > ? order by key_id limit ?');
    for (let last = ''; ; ) {
      const rows = page.all([last, PAGE]) as { key_id: string }[];
      for (const { key_id } of rows) yield key_id;
      if (rows.length < PAGE) return;
      last = rows.at(-1)?.key_id ?? '';
    }
  } finally {
    sqlite.close();
  }
}

export interface Deletions {
  readonly count: number;
  /** When the first key is due; null where none is. */
  readonly first: number | null;
}

/** Keys of every account that are to be destroyed. */
export function pendingDeletions(path: string): Deletions {
  const sqlite = new NodeSqlite(path, 0);
  try {
    const counted = 'select count(*) as count, min(delete_at) as first from keys where delete_at is not null';
    const [deletions] = sqlite.prepare(counted).all([]) as unknown as [Deletions];
    return deletions;
  } finally {
    sqlite.close();
  }
}

/** What SQLite finds wrong with the structure of the file. */
export function integrityOf(path: string): readonly string[] {
  const sqlite = new NodeSqlite(path, 0);
  try {
    const found = sqlite.prepare('pragma integrity_check(5)').all([]) as { integrity_check: string }[];
    return found.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  } finally {
    sqlite.close();
  }
}
