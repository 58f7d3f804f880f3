/** Calls `work` soon after it is asked to, however often that is: at most once in `everyMs` milliseconds. */
export function throttle(work: () => void, everyMs: number): () => void {
  let timer: NodeJS.Timeout | null = null;
  let lastAt = -everyMs;
  return () => {
    if (timer !== null) return;
    const wait = Math.max(0, lastAt + everyMs - performance.now());
    timer = setTimeout(() => {
      timer = null;
      lastAt = performance.now();
      work();
    }, wait);
    timer.unref();
  };
}
