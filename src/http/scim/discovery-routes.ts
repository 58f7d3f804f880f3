import { type Context, Hono } from "hono";
import type { SchemaCatalog } from "../../scim/catalog.ts";
import { listResponseText } from "../../scim/messages.ts";
import { ScimError } from "../../scim/scim-error.ts";
import { resourceTypeResource, schemaResource, serviceProviderConfig } from "./discovery.ts";
import { notFound, refuseMethod, scimJson, scimText } from "./responses.ts";

/** What a client can find out about this service provider (RFC 7644 §4). @param base absolute URL of the SCIM endpoint */
export function makeDiscovery(catalog: () => SchemaCatalog, base: string): Hono {
  const app = new Hono({ strict: false });
  app.get("/ServiceProviderConfig", (context) => {
    refuseFilter(context);
    return scimJson(serviceProviderConfig(base));
  });
  app.get("/ResourceTypes", (context) => {
    refuseFilter(context);
    return listAll(catalog().resourceTypes.map((type) => resourceTypeResource(type, base)));
  });
  app.get("/ResourceTypes/:name", (context) => {
    refuseFilter(context);
    const type = catalog().resourceTypes.find(({ id }) => id === context.req.param("name"));
    if (!type) throw notFound("This resource type");
    return scimJson(resourceTypeResource(type, base));
  });
  app.get("/Schemas", (context) => {
    refuseFilter(context);
    return listAll(catalog().schemas.map((schema) => schemaResource(schema, base)));
  });
  app.get("/Schemas/:urn", (context) => {
    refuseFilter(context);
    const schema = catalog().findSchema(context.req.param("urn"));
    if (!schema) throw notFound("This schema");
    return scimJson(schemaResource(schema, base));
  });
  for (const path of ["/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/*", "/Schemas", "/Schemas/*"]) {
    app.all(path, () => refuseMethod("GET, HEAD"));
  }
  return app;
}

// RFC 7644 §4: discovery is not filtered, and says so rather than answer everything.
function refuseFilter(context: Context): void {
  if (context.req.query("filter") !== undefined) throw new ScimError(403, null, "Discovery cannot be filtered");
}

function listAll(resources: readonly object[]): Response {
  return scimText(
    listResponseText(
      resources.length,
      { startIndex: 1 },
      resources.map((resource) => JSON.stringify(resource)),
    ),
  );
}
