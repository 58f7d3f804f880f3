import { useSyncExternalStore } from "react";
import type { Appearance } from "./preferences.ts";

const media = () => matchMedia("(prefers-color-scheme: dark)");

function subscribe(changed: () => void): () => void {
  const query = media();
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
}

/** Whether the console is dark: as was chosen, or as the system is. */
export function useDark(appearance: Appearance): boolean {
  const system = useSyncExternalStore(subscribe, () => media().matches);
  return appearance === "system" ? system : appearance === "dark";
}
