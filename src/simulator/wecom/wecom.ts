import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { wecomApi } from "./api.ts";
import { authorizePage } from "./authorize-page.ts";
import { type Control, controlOf } from "./control.ts";
import { controlApi } from "./control-api.ts";
import { Corp, type CorpCredentials, type CorpOptions } from "./corp.ts";
import { Gate } from "./gate.ts";
import { corpPage } from "./page.ts";
import { controlOfProvider, type ProviderControl } from "./provider/control.ts";
import { providerControlApi } from "./provider/control-api.ts";
import type { ProviderOptions, SuiteOptions } from "./provider/model.ts";
import { providerPages } from "./provider/pages.ts";
import { serviceApi } from "./provider/service-api.ts";
import { ServiceProvider } from "./provider/service-provider.ts";

/**
 * A WeCom to try things on, with no corp at hand: for the demo, for people who write mappings, for tests. It knows
 * nothing of the bridge, so it can't agree with the bridge's mistakes; what it does is what WeCom documents or is
 * known to do, its faults included.
 *
 *     reader ──► /cgi-bin/…          fault? ─► token ─► IP ─► frequency ─► permission ─► object ─► answer
 *     tester ──► /_control/{corpId}  (or `control`)  changes the corp, asks for the truth, orders faults
 *     member ──► /connect/oauth2/…   says who he is, and agrees that the app sees his fields, or not
 *     person ──► /                   looks at departments and members
 *     provider ─► /cgi-bin/service/…  and the pages at which corps authorise its apps
 */
export interface WecomSimulator extends RunningCorp {
  /** What stands for `https://qyapi.weixin.qq.com`: `http://127.0.0.1:41234`. */
  readonly url: string;
  /** All corps; the first one's credentials and control are also those of the simulator. */
  readonly corps: readonly RunningCorp[];
  /** A service provider whose apps the corps can authorise. */
  readonly provider: RunningProvider;
  /** Stops listening and cuts off what is still being answered. May be called again. */
  close(): Promise<void>;
}

export interface RunningCorp extends CorpCredentials {
  readonly control: Control;
}

export interface RunningProvider {
  readonly corpId: string;
  readonly providerSecret: string;
  readonly suites: readonly SuiteOptions[];
  readonly control: ProviderControl;
}

/** Options of a single corp stand beside the server's; several corps stand in `corps`. */
export interface WecomSimulatorOptions extends CorpOptions {
  /** Default 127.0.0.1. Whoever can reach it can control it. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  readonly corps?: readonly CorpOptions[];
  readonly provider?: ProviderOptions;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly clock?: () => number;
}

/** Starts a simulated WeCom. Throws when the port is taken or two corps have one id. */
export async function startWecomSimulator(options: WecomSimulatorOptions = {}): Promise<WecomSimulator> {
  const clock = options.clock ?? Date.now;
  const corps = (options.corps ?? [options]).map((corp, index) => new Corp(corp, clock, index));
  if (new Set(corps.map(({ credentials }) => credentials.corpId.toLowerCase())).size !== corps.length) {
    throw new Error("two corps have the same corp id");
  }
  const gate = new Gate(corps);
  const provider = new ServiceProvider(options.provider ?? {}, corps, gate, clock);
  // Every ten minutes (WeCom doc path/90628).
  const tickets = setInterval(() => {
    for (const suiteId of provider.suites.keys())
      if (provider.messages.isEntered(suiteId)) provider.pushTicket(suiteId);
  }, 600_000).unref();
  const running = corps.map((corp): RunningCorp => ({ ...corp.credentials, control: controlOf(corp, gate) }));
  const [first] = running;
  if (!first) throw new Error("a simulator needs at least one corp");

  const closing = new AbortController();
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.route("/", wecomApi(gate, closing.signal));
  const providerControl = controlOfProvider(provider);
  app.route("/", serviceApi(provider, gate));
  app.route("/", providerPages(provider));
  app.route("/_control/provider", providerControlApi(providerControl));
  app.route("/_control", controlApi(running));
  app.route("/connect/oauth2", authorizePage(gate));
  app.route("/", corpPage(corps));

  const server = createAdaptorServer({ fetch: app.fetch, serverOptions: { keepAliveTimeout: 65_000 } });
  const host = options.host ?? "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  let closed: Promise<void> | null = null;
  const close = () =>
    new Promise<void>((resolve, reject) => {
      closing.abort();
      clearInterval(tickets);
      provider.messages.close();
      for (const corp of corps) corp.callbacks.close();
      server.close((error) => (error ? reject(error) : resolve()));
      if ("closeAllConnections" in server) server.closeAllConnections();
    });
  return {
    ...first,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    corps: running,
    provider: {
      ...{ corpId: provider.corpId, providerSecret: provider.providerSecret },
      suites: [...provider.suites.values()],
      control: providerControl,
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}
