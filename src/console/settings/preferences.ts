import { createContext, useContext } from "react";

export type Language = "en" | "zh";
export type Appearance = "light" | "dark" | "system";

/** What whoever looks has chosen, in this browser. */
export interface Preferences {
  readonly language: Language;
  readonly appearance: Appearance;
  readonly choose: (chosen: Partial<Pick<Preferences, "language" | "appearance">>) => void;
}

export const PreferencesContext = createContext<Preferences | null>(null);

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (preferences === null) throw new Error("no preferences around this");
  return preferences;
}

const key = "bridge-console";

/** What was chosen before; else what the browser asks for. */
export function readPreferences(): Pick<Preferences, "language" | "appearance"> {
  const stored = readStored();
  const language = navigator.languages
    .find((tag) => /^(zh|en)\b/i.test(tag))
    ?.slice(0, 2)
    .toLowerCase() as Language | undefined;
  return {
    language: stored["language"] === "zh" || stored["language"] === "en" ? stored["language"] : (language ?? "en"),
    appearance: stored["appearance"] === "light" || stored["appearance"] === "dark" ? stored["appearance"] : "system",
  };
}

/** A browser may refuse to keep anything: then the choice lasts as long as the page. */
export function keepPreferences(chosen: Pick<Preferences, "language" | "appearance">): void {
  try {
    localStorage.setItem(key, JSON.stringify(chosen));
  } catch {}
}

function readStored(): Record<string, unknown> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    return typeof stored === "object" && stored !== null ? (stored as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
