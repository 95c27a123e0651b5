/** What a client gets. */
export interface Answer {
  status: number;
  body: string;
  /** `application/json` where absent. */
  type?: string;
  headers?: Record<string, string>;
}

export const json = (body: unknown, status = 200): Answer => ({ status, body: JSON.stringify(body) });

export const text = (body: string, type = 'text/plain; charset=utf-8'): Answer => ({ status: 200, body, type });

/** Status in logs and metrics of a request whose client went away. */
export const CLIENT_GONE = 499;
