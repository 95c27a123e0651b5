const LOOK_EVERY_MS = 10;

/**
 * Until `check` no longer throws. Looks again and again, because what it looks at (a table, a list filled by messages) tells
 * nobody when it changes.
 * @throws what `check` threw last, after `withinMs`
 */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 10_000): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
