import { Hono } from "hono";
import { makeAdminApp } from "./admin/app.ts";
import type { AdminParts } from "./admin/parts.ts";
import { type ConsentParts, makeConsentRoutes } from "./consent/routes.ts";
import { makeConsole } from "./console.ts";
import { type CallbackParts, makeCallbackRoutes } from "./hooks/callbacks.ts";
import { makeSuiteRoutes, type SuiteParts } from "./hooks/suite.ts";
import { type MetricsParts, makeMetricsRoute } from "./metrics.ts";
import { RememberingRouter } from "./remembering-router.ts";
import { answerScimError, makeScimRoutes, type ScimAppParts } from "./scim/app.ts";
import { makeClientMemory } from "./scim/authenticate.ts";
import { logScimRequests } from "./scim/log-requests.ts";
import { refuseVersion } from "./scim/responses.ts";

export interface AppParts {
  readonly admin: Omit<AdminParts, "forgetClients">;
  readonly scim: Omit<ScimAppParts, "clientMemory">;
  readonly callbacks: CallbackParts;
  readonly consent: ConsentParts;
  readonly suites: SuiteParts;
  /** Resolves when the database answers and the engine runs. */
  readonly isReady: () => Promise<void>;
  readonly metrics: MetricsParts;
}

/** The whole server: its table of contents. */
export function makeApp({ admin, scim, callbacks, suites, consent, isReady, metrics }: AppParts): Hono {
  const clientMemory = makeClientMemory();
  // A trailing slash is let pass: SCIM clients in the field send one.
  const app = new Hono({ strict: false, router: new RememberingRouter() });
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/readyz", async (context) => {
    try {
      await isReady();
      return context.json({ status: "ready" });
    } catch (error) {
      admin.log.warn({ err: error }, "not ready");
      return context.json({ status: "unavailable" }, 503);
    }
  });
  app.route("/", makeMetricsRoute(metrics));
  // The management API has an error handler of its own.
  app.onError(answerScimError(scim.log));
  app.route("/scim/v2", makeScimRoutes({ ...scim, clientMemory }));
  app.all("/scim/*", logScimRequests(scim.log), (context) => refuseVersion(context.req.path));
  app.route("/wecom/callback", makeCallbackRoutes(callbacks));
  app.route("/wecom/consent", makeConsentRoutes(consent));
  app.route("/wecom/suite", makeSuiteRoutes(suites));
  app.route("/", makeAdminApp({ ...admin, forgetClients: clientMemory.forget }));
  app.route("/", makeConsole({ publicUrl: admin.publicUrl }));
  return app;
}
