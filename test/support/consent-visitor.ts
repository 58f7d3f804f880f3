/** What a browser remembers and sends, without the rest of a browser: one person in front of the page of consent. */
export class ConsentVisitor {
  readonly cookies = new Map<string, string>();
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param url of the page */
  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#base = url;
    this.#headers = {
      "user-agent": "Mozilla/5.0 wxwork/4.1.0 MicroMessenger/7.0.1",
      "accept-language": "en",
      ...headers,
    };
  }

  /** Asks this bridge; does not follow. @param path below the page, or a whole address */
  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const url = /^https?:/.test(path)
      ? path
      : path.startsWith("/wecom/")
        ? new URL(path, this.#base).href
        : this.#base + path;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...this.#headers, ...(cookie === "" ? {} : { cookie }), ...(init.headers as object) };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }

  async page(path = ""): Promise<string> {
    return (await this.ask(path)).text();
  }

  /** Clicks the button; answers the address of WeCom's page. */
  async begin(intent: "agree" | "look" = "agree"): Promise<URL> {
    const page = await this.page();
    const href = [...page.matchAll(/href="([^"]*\/begin\?[^"]*)"/g)]
      .map(([, link = ""]) => link.replaceAll("&amp;", "&"))
      .find((link) => link.includes(`intent=${intent}`));
    const response = await this.ask(href ?? "/nothing");
    const location = response.headers.get("location");
    if (response.status !== 303 || location === null)
      throw new Error(`begin: ${response.status} ${await response.text()}`);
    return new URL(location);
  }

  /** Decides on WeCom's page; answers the address that it leads back to. */
  async decide(wecomPage: URL, as: string, decision: "agree" | "bare" | "refuse" = "agree"): Promise<string> {
    const body = new URLSearchParams([...wecomPage.searchParams, ["as", as], ["decision", decision]]);
    const url = new URL(wecomPage);
    url.search = "";
    url.hash = "";
    const response = await fetch(url, { method: "POST", body, redirect: "manual" });
    const location = response.headers.get("location");
    if (location === null) throw new Error(`WeCom's page: ${await response.text()}`);
    return location;
  }

  /** All of it; answers the page that it ends on. */
  async visit(as: string, intent: "agree" | "look" = "agree", decision: "agree" | "bare" | "refuse" = "agree") {
    const back = await this.ask(await this.decide(await this.begin(intent), as, decision));
    const location = back.headers.get("location");
    return location === null ? back : this.ask(location);
  }

  async withdraw(): Promise<Response> {
    const token = /name="token" value="([^"]*)"/.exec(await this.page("/mine"))?.[1] ?? "";
    const response = await this.ask("/withdraw", { method: "POST", body: new URLSearchParams({ token }) });
    return this.ask(response.headers.get("location") ?? "");
  }
}
