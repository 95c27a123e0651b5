export interface EventRow {
  pos: number;
  vshard: number;
  stream: string;
  ver: number;
  type: string;
  v: number;
  id: string;
  at: number;
  meta: string;
  key_id: string | null;
  data: string;
}

export interface OwnerRow {
  epoch: number;
  holder: string;
  /** Virtual ms; null: for ever. */
  until: number | null;
}

export interface Position {
  logId: string;
  pos: number;
}

/** A row of the projection that every world has: an event as it was heard, in the order of hearing. */
export interface HeardRow {
  pos: number;
  stream: string;
  ver: number;
  payload: string;
}

/** What a database of a world holds: the tables of a log and those of its readers. One log per database. */
export class Tables {
  /** Empty: no log was made yet. */
  logId = '';
  head = 0;
  owners = new Map<number, OwnerRow>();
  candidates = new Map<string, number>();
  events: EventRow[] = [];
  /** `<stream> <ver>` → position: the unique constraint. */
  versions = new Map<string, number>();
  cursors = new Map<string, Position>();
  heard: HeardRow[] = [];
  members = new Set<string>();

  /** A backup. Rows are never changed, only replaced. */
  copy(): Tables {
    const copy = new Tables();
    copy.logId = this.logId;
    copy.head = this.head;
    copy.owners = new Map(this.owners);
    copy.candidates = new Map(this.candidates);
    copy.events = [...this.events];
    copy.versions = new Map(this.versions);
    copy.cursors = new Map(this.cursors);
    copy.heard = [...this.heard];
    copy.members = new Set(this.members);
    return copy;
  }
}

export const versionKey = (stream: string, ver: number): string => `${stream} ${ver}`;
