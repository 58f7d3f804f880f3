import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Flex, Modal, Typography } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { foundAuthorizationQuery, providersQuery } from "../../api/provider-queries.ts";
import type { Source } from "../../api/views.ts";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { Authorise, type Chosen } from "../providers/authorise.tsx";
import { AuthorizationState } from "../providers/authorization-state.tsx";

interface AuthorizedByProps {
  readonly source: Source;
  readonly authorization: string;
}

/** Which corp authorised which app of whom, and how that is now. */
export function AuthorizedBy({ source, authorization }: AuthorizedByProps) {
  const t = useTranslations("authorise");
  const { data } = useQuery(foundAuthorizationQuery(authorization));
  if (data === undefined) return <>–</>;
  if (data === null) return <Typography.Text type="warning">{t("unknown")}</Typography.Text>;
  const { provider } = data;
  const { template, corp, state } = data.authorization;
  return (
    <Flex gap="small" align="center" wrap>
      <Link to={`/providers/${provider.id}`}>
        {t("byWhat", {
          corp: corp?.name ?? corp?.id ?? source.wecom?.corpId ?? "",
          template: provider.templates[template]?.name ?? template,
          provider: provider.name,
        })}
      </Link>
      <AuthorizationState state={state} />
    </Flex>
  );
}

/** Why the bridge itself stopped a source, and the way on where the corp has to authorise again. */
export function DisabledBecause({ source }: { readonly source: Source }) {
  const t = useTranslations("authorise");
  const mayChange = useMayChange();
  const [isOpen, setOpen] = useState(false);
  if (source.disabledBecause === null) return null;
  const isAuthorized = source.wecom?.authorization !== undefined;
  return (
    <>
      <Alert
        type="warning"
        showIcon
        style={{ marginBottom: 16 }}
        title={t("disabledBecause")}
        description={source.disabledBecause}
        action={
          isAuthorized && (
            <Button size="small" disabled={!mayChange} onClick={() => setOpen(true)}>
              {t("rebind")}
            </Button>
          )
        }
      />
      {isOpen && <Rebind source={source} onClose={() => setOpen(false)} />}
    </>
  );
}

function Rebind({ source, onClose }: { readonly source: Source; readonly onClose: () => void }) {
  const t = useTranslations("authorise");
  const providers = useQuery(providersQuery).data?.items ?? [];
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [authorization, setAuthorization] = useState<string | null>(null);
  const use = useAction({
    run: (id: string) =>
      read(
        api.sources.sources[":id"].$patch({
          param: { id: source.id },
          json: { status: "enabled", wecom: { authorization: id } } as never,
        }),
      ),
    refreshes: [["sources"], ["providers"]],
    done: ({ name }) => t("rebound", { name }),
    onDone: onClose,
  });
  return (
    <Modal
      open
      title={t("rebindTitle", { name: source.name })}
      onCancel={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("close")}</Button>
          <Button
            type="primary"
            disabled={authorization === null}
            loading={use.isPending}
            onClick={() => authorization !== null && use.mutate(authorization)}
          >
            {t("use")}
          </Button>
        </>
      }
    >
      <Typography.Paragraph type="secondary">{t("rebindLead")}</Typography.Paragraph>
      <Authorise
        providers={providers}
        chosen={chosen}
        onChoose={(next) => {
          setChosen(next);
          setAuthorization(null);
        }}
        onAuthorised={({ id }) => setAuthorization(id)}
        corpId={source.wecom?.corpId}
      />
    </Modal>
  );
}
