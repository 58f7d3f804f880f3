/**
 * Runs works one after the other. Used where something is read, judged and written (a limit, a name, a merge patch),
 * so that two requests to this process can't both pass the same check.
 */
export function makeSerially(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work, work);
    last = result.catch(() => undefined);
    return result;
  };
}
