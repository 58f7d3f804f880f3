import { useQuery } from "@tanstack/react-query";
import { Form, type FormInstance, Radio } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { useTranslations } from "use-intl";
import { providersQuery } from "../../../api/provider-queries.ts";
import { Authorise, type Chosen } from "../../providers/authorise.tsx";
import { Secrets } from "./credentials.tsx";
import type { SourceValues } from "./values.ts";

/** How WeCom is read: by secrets, or, where there is a service provider, by what the corp authorises. */
export function Access({ form }: { readonly form: FormInstance<SourceValues> }) {
  const t = useTranslations("authorise");
  const [search] = useSearchParams();
  const providers = useQuery(providersQuery).data?.items ?? [];
  const [chosen, setChosen] = useState<Chosen | null>(() => fromAddress(search));
  const [way, setWay] = useState<"secrets" | "qr">(chosen === null ? "secrets" : "qr");
  if (providers.length === 0) return <Secrets />;

  /** What waits is no authorisation yet: the field has one only when the corp is known. */
  const setAuthorization = (authorization: string | undefined) => {
    form.setFieldValue(["wecom", "authorization"], authorization);
    form.setFields([{ name: ["wecom", "authorization"], errors: [] }]);
  };
  const choose = (next: Chosen | null) => {
    setChosen(next);
    setAuthorization(undefined);
  };
  return (
    <>
      <Form.Item label={t("way")}>
        <Radio.Group
          value={way}
          onChange={({ target }) => {
            setWay(target.value);
            choose(null);
          }}
          options={(["secrets", "qr"] as const).map((value) => ({ value, label: t(`ways.${value}`) }))}
        />
      </Form.Item>
      {way === "secrets" ? (
        <Secrets />
      ) : (
        <>
          <Authorise
            providers={providers}
            chosen={chosen}
            onChoose={choose}
            onAuthorised={({ id }) => setAuthorization(id)}
            sourceName={form.getFieldValue("name")}
          />
          <Form.Item name={["wecom", "authorization"]} rules={[{ required: true, message: t("missing") }]}>
            <Nothing />
          </Form.Item>
        </>
      )}
    </>
  );
}

/** A field that is filled by what happens elsewhere; its errors are shown. */
function Nothing() {
  return null;
}

/** From the page of a provider: one that is there already. */
function fromAddress(search: URLSearchParams): Chosen | null {
  const provider = search.get("provider");
  const id = search.get("authorization");
  return provider === null || id === null ? null : { provider, id };
}
