import { Button, Flex } from "antd";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import type { IdentityCase } from "../../api/views.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";

const refreshes = [["identity-cases"], ["tasks"], ["sources"]];

/** The same person, or another one: both say first what they do. */
export function CaseDecision({ about }: { readonly about: IdentityCase }) {
  const t = useTranslations("identity");
  const mayChange = useMayChange();
  const { id, kind } = about;
  const param = { id };
  const accept = useAction({
    run: () => read(api.identityCases["identity-cases"][":id"].accept.$post({ param, json: {} })),
    refreshes,
    done: ({ syncTask }) => t(syncTask === null ? "decidedLater" : "decided"),
  });
  const decline = useAction({
    run: () => read(api.identityCases["identity-cases"][":id"].decline.$post({ param, json: {} })),
    refreshes,
    done: ({ syncTask }) => t(syncTask === null ? "decidedLater" : "decided"),
  });
  const isBusy = accept.isPending || decline.isPending;
  return (
    <Flex gap="small" wrap>
      {kind !== "exchange" && (
        <Confirmed question={t(`acceptQuestion.${kind}`)} onConfirm={() => accept.mutateAsync()}>
          <Button size="small" type="primary" disabled={!mayChange || isBusy} loading={accept.isPending}>
            {t("accept")}
          </Button>
        </Confirmed>
      )}
      <Confirmed danger question={t(`declineQuestion.${kind}`)} onConfirm={() => decline.mutateAsync()}>
        <Button size="small" disabled={!mayChange || isBusy} loading={decline.isPending}>
          {t(kind === "exchange" ? "declineExchange" : "decline")}
        </Button>
      </Confirmed>
    </Flex>
  );
}
