import { lazy, type ReactNode } from "react";
import { Route, Routes } from "react-router";
import { Shell } from "./layout/shell.tsx";
import { NotFound } from "./pages/not-found.tsx";

// Each page is loaded when it is first gone to.
const Overview = lazy(async () => ({ default: (await import("./pages/overview/overview.tsx")).Overview }));
const Sources = lazy(async () => ({ default: (await import("./pages/sources/sources.tsx")).Sources }));
const SourcePage = lazy(async () => ({ default: (await import("./pages/sources/source-page.tsx")).SourcePage }));
const SourceForm = lazy(async () => ({ default: (await import("./pages/sources/source-form.tsx")).SourceFormPage }));
const People = lazy(async () => ({ default: (await import("./pages/people/people.tsx")).People }));
const PersonPage = lazy(async () => ({ default: (await import("./pages/people/person-page.tsx")).PersonPage }));
const ImportPage = lazy(async () => ({ default: (await import("./pages/custom/import-page.tsx")).ImportPage }));
const SchemaFiles = lazy(async () => ({ default: (await import("./pages/schemas/schema-files.tsx")).SchemaFiles }));
const SchemaFile = lazy(async () => ({
  default: (await import("./pages/schemas/schema-file-page.tsx")).SchemaFilePage,
}));
const Providers = lazy(async () => ({ default: (await import("./pages/providers/providers.tsx")).Providers }));
const ProviderPage = lazy(async () => ({
  default: (await import("./pages/providers/provider-page.tsx")).ProviderPage,
}));
const ProviderForm = lazy(async () => ({
  default: (await import("./pages/providers/form/provider-form.tsx")).ProviderFormPage,
}));
const Webhooks = lazy(async () => ({ default: (await import("./pages/webhooks/webhooks.tsx")).Webhooks }));
const Tasks = lazy(async () => ({ default: (await import("./pages/tasks/tasks.tsx")).Tasks }));
const IdentityCases = lazy(async () => ({
  default: (await import("./pages/identity/identity-cases.tsx")).IdentityCases,
}));
const Targets = lazy(async () => ({ default: (await import("./pages/targets/targets.tsx")).Targets }));
const TargetPage = lazy(async () => ({ default: (await import("./pages/targets/target-page.tsx")).TargetPage }));
const TargetForm = lazy(async () => ({
  default: (await import("./pages/targets/form/target-form.tsx")).TargetFormPage,
}));
const UserGroups = lazy(async () => ({ default: (await import("./pages/user-groups/user-groups.tsx")).UserGroups }));
const GroupPage = lazy(async () => ({ default: (await import("./pages/user-groups/group-page.tsx")).GroupPage }));
const GroupForm = lazy(async () => ({ default: (await import("./pages/user-groups/group-form.tsx")).GroupFormPage }));
const ScimClients = lazy(async () => ({
  default: (await import("./pages/scim-clients/scim-clients.tsx")).ScimClients,
}));
const Administrators = lazy(async () => ({
  default: (await import("./pages/administrators/administrators.tsx")).Administrators,
}));
const Audit = lazy(async () => ({ default: (await import("./pages/audit/audit.tsx")).Audit }));
const Settings = lazy(async () => ({ default: (await import("./pages/settings/settings.tsx")).SettingsPage }));

const pages: readonly (readonly [path: string, page: ReactNode])[] = [
  ["/", <Overview key="overview" />],
  ["/sources", <Sources key="sources" />],
  ["/sources/new", <SourceForm key="source-new" />],
  ["/sources/:id", <SourcePage key="source" />],
  ["/sources/:id/edit", <SourceForm key="source-edit" />],
  ["/sources/:id/import", <ImportPage key="import" />],
  ["/mappings", <SchemaFiles key="schemas" />],
  ["/mappings/:name", <SchemaFile key="mapping" kind="mappings" />],
  ["/extensions/:name", <SchemaFile key="extension" kind="extensions" />],
  ["/people", <People key="people" />],
  ["/people/:id", <PersonPage key="person" />],
  ["/providers", <Providers key="providers" />],
  ["/providers/new", <ProviderForm key="provider-new" />],
  ["/providers/:id", <ProviderPage key="provider" />],
  ["/providers/:id/edit", <ProviderForm key="provider-edit" />],
  ["/tasks", <Tasks key="tasks" />],
  ["/tasks/:id", <Tasks key="tasks" />],
  ["/identity", <IdentityCases key="identity" />],
  ["/targets", <Targets key="targets" />],
  ["/targets/new", <TargetForm key="target-new" />],
  ["/targets/:id", <TargetPage key="target" />],
  ["/targets/:id/edit", <TargetForm key="target-edit" />],
  ["/user-groups", <UserGroups key="groups" />],
  ["/user-groups/new", <GroupForm key="group-new" />],
  ["/user-groups/:id", <GroupPage key="group" />],
  ["/user-groups/:id/edit", <GroupForm key="group-edit" />],
  ["/scim-clients", <ScimClients key="clients" />],
  ["/administrators", <Administrators key="administrators" />],
  ["/audit", <Audit key="audit" />],
  ["/settings", <Settings key="settings" />],
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
