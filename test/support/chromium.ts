import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Debian's and Google's packages put it; `CHROMIUM` names another one. */
const places = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Nothing is looked up at the maker's; in a container there is no sandbox to be had, and the only pages are this program's. */
const quiet = [
  ...["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
  ...["--disable-background-networking", "--disable-component-update"],
];

export function findChromium(): string | undefined {
  return places.find((place) => place !== undefined && existsSync(place));
}

/**
 * A browser for a test; null where there is none, which is said loudly. The caller closes it.
 *
 * @throws where CI says that everything has to be tried
 */
export async function openChromium(): Promise<Browser | null> {
  const executablePath = findChromium();
  if (executablePath !== undefined) return chromium.launch({ executablePath, args: quiet });
  const missing = "no Chromium is installed here (apt-get install chromium), or CHROMIUM does not name one";
  if (process.env["CI"] === "true") throw new Error(missing);
  process.stderr.write(`\n!!! SKIPPED in a browser: ${missing}\n\n`);
  return null;
}
