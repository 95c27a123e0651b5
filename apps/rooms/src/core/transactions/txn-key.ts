import { createHash } from 'node:crypto';

/** What makes two requests the same request (client-api.md §5): who, on which device, which route with which path. */
export interface TxnRequest {
  userId: string;
  /** Null for a session without device: then the key is the user's. */
  deviceId: string | null;
  txnId: string;
  roomId: string;
  type: string;
}

/**
 * A key of fixed size for ids of any size. Device ids survive token refresh and a new login with the same device, so the key
 * does too.
 * @returns SHA-256, base64url
 */
export function txnKey({ userId, deviceId, txnId, roomId, type }: TxnRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([userId, deviceId, roomId, type, txnId]))
    .digest('base64url');
}
