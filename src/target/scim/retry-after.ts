/**
 * The Retry-After header (RFC 9110 §10.2.3), seconds or an HTTP date, as milliseconds from `now`; never negative.
 * Null if it is absent or neither.
 */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}(?:\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  // The three forms of an HTTP date begin with the day's name; `Date.parse` alone would take almost anything.
  if (!/^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i.test(text)) return null;
  // asctime has no zone, and is UTC all the same.
  const at = Date.parse(/gmt|utc/i.test(text) ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
