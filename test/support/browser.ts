import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { findChromium, openChromium } from "./chromium.ts";

/** A page, and what it complained of. */
export interface Visit {
  readonly page: Page;
  /** Errors of scripts, of the console and of the Content-Security-Policy. */
  readonly complaints: readonly string[];
  /** Serious violations that axe finds in what is shown now, each with where. */
  readonly violations: () => Promise<readonly string[]>;
}

/** Opens a page that has nothing to do with those before. */
export type OpenVisit = (options?: BrowserContextOptions) => Promise<Visit>;

/** Tests in a real Chromium. Without one they are skipped, and say so; in CI they fail. */
export function describeInBrowser(name: string, tests: (visit: OpenVisit) => void): void {
  const isMissing = findChromium() === undefined && process.env["CI"] !== "true";
  describe.skipIf(isMissing)(isMissing ? `${name} (skipped: apt-get install chromium)` : name, () => {
    let browser: Browser | null = null;
    beforeAll(async () => {
      browser = await openChromium();
    });
    afterAll(() => browser?.close());
    tests(async (options) => {
      if (browser === null) throw new Error("there is no browser");
      return open(browser, options);
    });
  });
}

async function open(browser: Browser, options?: BrowserContextOptions): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, locale: "en-US", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return { page, complaints, violations: () => violationsIn(page) };
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

async function violationsIn(page: Page): Promise<readonly string[]> {
  // What is fading in has not its colour yet.
  const isStill = () => page.evaluate("document.getAnimations().every((each) => each.playState !== 'running')");
  for (let tries = 0; tries < 40 && !(await isStill()); tries += 1) await page.waitForTimeout(50);
  // Not by a script tag, which the pages' policy refuses.
  await page.evaluate(axeText());
  const results = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as AxeResults;
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
}

function axeText(): string {
  const { source } = createRequire(import.meta.url)("axe-core") as { readonly source: string };
  return source;
}

/** Signs in with a token, by hand. */
export async function signIn({ page }: Visit, url: string, token: string): Promise<void> {
  await page.goto(url);
  await page.getByText(/^(Token|令牌)$/).click();
  await page.getByLabel(/^(Administrator's token|管理员令牌)$/).fill(token);
  await page.getByRole("button", { name: /^(Sign in|登 ?录)$/ }).click();
  await page.locator("#page").waitFor();
  expect(await page.locator("h1").first().textContent()).not.toBe("");
}
