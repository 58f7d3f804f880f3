import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import type { deliveryView, webhookView } from "../../http/admin/webhooks.ts";
import { api, read } from "./client.ts";

export type Webhook = z.output<typeof webhookView>;
export type Delivery = z.output<typeof deliveryView>;

const slow = 15_000;

export const webhooksQuery = queryOptions({
  queryKey: ["webhooks"],
  queryFn: () => read(api.webhooks.webhooks.$get({ query: { limit: 500 } })),
  refetchInterval: slow,
});

/** What was sent to a webhook, newest first. */
export const deliveriesQuery = (id: string, state: Delivery["state"] | undefined) =>
  infiniteQueryOptions({
    queryKey: ["webhooks", id, "deliveries", state ?? null],
    queryFn: ({ pageParam }) =>
      read(
        api.webhooks.webhooks[":id"].deliveries.$get({
          param: { id },
          query: { limit: 50, ...(state !== undefined && { state }), ...(pageParam !== null && { cursor: pageParam }) },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: slow,
  });
