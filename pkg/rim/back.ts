/** When it is worth asking again for what could not be had. */
const { document, addEventListener, removeEventListener } = globalThis as Partial<typeof globalThis>;

/**
 * Calls back once: after so many milliseconds, or as soon as the browser has a network again, and then with true. While nobody
 * sees the page nothing is asked. What `navigator.onLine` says does not matter: where there is no network, asking costs nothing.
 */
export function whenBack(milliseconds: number, callback: (isOnline: boolean) => void): void {
  let isDue = false;
  let isOnline = false;
  const look = (event?: Event): void => {
    if (event?.type === 'online') isDue = isOnline = true;
    if (!isDue || document?.hidden) return;
    clearTimeout(timer);
    removeEventListener?.('online', look);
    removeEventListener?.('visibilitychange', look, true);
    callback(isOnline);
  };
  const timer = setTimeout(() => {
    isDue = true;
    look();
  }, milliseconds);
  // Node must not stay for it.
  (timer as { unref?: () => void }).unref?.();
  addEventListener?.('online', look);
  // An event of the document, which passes by here on its way down.
  addEventListener?.('visibilitychange', look, true);
}
