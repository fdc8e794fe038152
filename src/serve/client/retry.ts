/** Pause before the first retry where the server names none, and the most that chance adds to a pause; doubles each time. */
const FIRST_PAUSE_MS = 250;

/**
 * Milliseconds to wait before another try. What chance adds keeps clients that were refused together from coming back
 * together; it is no result of ours, so it needs no seed.
 * @param retry how many there have been
 * @param retryAfter the header of that name: seconds, or a date of HTTP
 */
export function pauseMs(retry: number, retryAfter: string | null): number {
  const spread = FIRST_PAUSE_MS * 2 ** retry;
  return (askedMs(retryAfter) ?? spread) + Math.random() * spread;
}

/** Undefined where the header is missing or says nothing. */
function askedMs(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** Resolves after some time; rejects with the reason of the signal as soon as that is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
