import { lazy, type ReactNode } from "react";
import { Route, Routes } from "react-router";
import { Shell } from "./layout/shell.tsx";
import { NotFound } from "./pages/not-found.tsx";

// Each page is loaded when it is first gone to.
const Overview = lazy(async () => ({ default: (await import("./pages/overview/overview.tsx")).Overview }));
const Sources = lazy(async () => ({ default: (await import("./pages/sources/sources.tsx")).Sources }));
const SourcePage = lazy(async () => ({ default: (await import("./pages/sources/source-page.tsx")).SourcePage }));
const SourceForm = lazy(async () => ({ default: (await import("./pages/sources/source-form.tsx")).SourceFormPage }));
const Providers = lazy(async () => ({ default: (await import("./pages/providers/providers.tsx")).Providers }));
const ProviderPage = lazy(async () => ({
  default: (await import("./pages/providers/provider-page.tsx")).ProviderPage,
}));
const ProviderForm = lazy(async () => ({
  default: (await import("./pages/providers/form/provider-form.tsx")).ProviderFormPage,
}));
const Webhooks = lazy(async () => ({ default: (await import("./pages/webhooks/webhooks.tsx")).Webhooks }));
const Tasks = lazy(async () => ({ default: (await import("./pages/tasks/tasks.tsx")).Tasks }));
const Targets = lazy(async () => ({ default: (await import("./pages/targets/targets.tsx")).Targets }));

const pages: readonly (readonly [path: string, page: ReactNode])[] = [
  ["/", <Overview key="overview" />],
  ["/sources", <Sources key="sources" />],
  ["/sources/new", <SourceForm key="source-new" />],
  ["/sources/:id", <SourcePage key="source" />],
  ["/sources/:id/edit", <SourceForm key="source-edit" />],
  ["/providers", <Providers key="providers" />],
  ["/providers/new", <ProviderForm key="provider-new" />],
  ["/providers/:id", <ProviderPage key="provider" />],
  ["/providers/:id/edit", <ProviderForm key="provider-edit" />],
  ["/tasks", <Tasks key="tasks" />],
  ["/tasks/:id", <Tasks key="tasks" />],
  ["/targets", <Targets key="targets" />],
  ["/webhooks", <Webhooks key="webhooks" />],
  ["*", <NotFound key="not-found" />],
];

/** The console's table of contents. */
export function ConsoleRoutes() {
  return (
    <Shell>
      <Routes>
        {pages.map(([path, page]) => (
          <Route key={path} path={path} element={page} />
        ))}
      </Routes>
    </Shell>
  );
}
