import type { LogPosition } from '@ganglion/contracts';

/** `fence.<log>.renew`: a member asks for a lease. */
export interface Renewal {
  memberId: string;
  applied: LogPosition;
  /** `life` of the last answer that reached the member; empty: none has. */
  life: string;
}

/** What the writer answers: its head, and which life of it this is. */
export interface Lease extends LogPosition {
  life: string;
}

/** `fence.<log>.barrier`: who has applied this may say so at once. */
export type BarrierNotice = LogPosition;

/** `fence.<log>.ack` */
export interface Acknowledgement {
  memberId: string;
  applied: LogPosition;
}

/** `fence.<log>.leave` */
export interface Farewell {
  memberId: string;
}
