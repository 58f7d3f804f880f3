import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { onTestFinished } from "vitest";

/** From now on writing a file fails with this code, to the end of the test or until what is returned is called. */
export function failWrites(code: string): () => void {
  return replace("writeFile", code);
}

/** The same for replacing a file, as one that is mounted alone; in place it can be written. */
export function failRenames(code: string): () => void {
  return replace("rename", code);
}

function replace(name: "writeFile" | "rename", code: string): () => void {
  const original = { [name]: promises[name] };
  const set = (functions: object): void => {
    Object.assign(promises, functions);
    syncBuiltinESMExports();
  };
  set({ [name]: () => Promise.reject(Object.assign(new Error(code), { code })) });
  const lift = (): void => set(original);
  onTestFinished(lift);
  return lift;
}
