/** `Signer` of libs/matrix: the server's name and its ed25519 key. */
export const SIGNER = Symbol('Signer');
/** `DrawInteger`: chance, behind an interface. */
export const DRAW = Symbol('Draw');
/** `Timers` of libs/event-store: waiting, behind an interface. */
export const TIMERS = Symbol('Timers');
/** Secret from which ids of events that do not exist are derived; 32 bytes. */
export const PRETENCE_KEY = Symbol('PretenceKey');
