import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { serveStatic } from "@hono/node-server/serve-static";
import { type Context, Hono } from "hono";
import { isSignedIn } from "./admin/session-id.ts";
import { homePage } from "./home-page.ts";
import { secureHeaders } from "./middleware/secure-headers.ts";

/** Where the build puts the console, seen from the sources as well as from what is built of them. */
const builtConsole = fileURLToPath(new URL("../../dist/console", import.meta.url));

interface ConsoleParts {
  readonly publicUrl: string;
  /** Folder with the built console; without it there is a page that says where things are. */
  readonly folder?: string;
}

/**
 * The console: its files, and for every page of it the one document that they hang from. What is asked for otherwise than
 * by a browser that wants a page is not answered here.
 */
export function makeConsole({ publicUrl, folder = builtConsole }: ConsoleParts): Hono {
  const app = new Hono();
  if (!existsSync(`${folder}/index.html`)) return app.get("/", (c) => c.html(homePage(publicUrl)));
  const document = readFileSync(`${folder}/index.html`, "utf8");
  const files = serveStatic({ root: folder, precompressed: true });

  app.use("/assets/*", secureHeaders());
  app.get("/assets/*", async (c, next) => {
    // Their names change with what is in them.
    c.header("Cache-Control", "public, max-age=31536000, immutable");
    c.header("Vary", "Accept-Encoding");
    return (await files(c, next)) ?? missing(c);
  });
  app.get("/icon.svg", async (c, next) => {
    c.header("Cache-Control", "public, max-age=86400");
    c.header("Content-Security-Policy", "default-src 'none'");
    return files(c, next);
  });
  app.get("*", secureHeaders(), async (c, next) => {
    if (!isPage(c)) return next();
    const session = isSignedIn(c, publicUrl) ? "present" : "none";
    return c.html(document.replace("%SESSION%", session), 200, { "Content-Security-Policy": policy });
  });
  return app;
}

/** Not kept: a file that is missing while another version is put in place is there a moment later. */
function missing(c: Context): Response {
  c.header("Cache-Control", "no-store");
  return c.text("There is no such file.", 404);
}

/** Whether a browser wants a page; what belongs to the programs' side of the server is none. */
function isPage(c: Context): boolean {
  const { path } = c.req;
  if (/^\/(api|scim|wecom|metrics|healthz|readyz)(\/|$)/.test(path) || /\.\w+$/.test(path)) return false;
  return path === "/" || (c.req.header("Accept") ?? "").includes("text/html");
}

/**
 * Everything comes from here, but for the avatars that WeCom shows. The library that draws the pages writes style sheets while
 * it does, and not all of them with the nonce that it is given.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: https:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");
