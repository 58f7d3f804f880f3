import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Modal } from "antd";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import type { Provider } from "../../api/views.ts";
import { Checks } from "../../parts/checks.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";

/** Tries a provider's credentials, its suite tickets and the secrets of its templates. */
export function ProviderTest({ provider, onClose }: { readonly provider: Provider; readonly onClose: () => void }) {
  const t = useTranslations("providers");
  const test = useQuery({
    queryKey: ["providers", provider.id, "test"],
    queryFn: () => read(api.providers.providers[":id"].test.$post({ param: { id: provider.id } })),
    ...{ staleTime: 0, gcTime: 0, retry: false, refetchOnWindowFocus: false },
  });
  return (
    <Modal
      open
      title={t("testOf", { name: provider.name })}
      onCancel={onClose}
      width={720}
      footer={
        <>
          <Button onClick={() => test.refetch()} loading={test.isFetching}>
            {t("testAgain")}
          </Button>
          <Button type="primary" onClick={onClose}>
            {t("close")}
          </Button>
        </>
      }
    >
      {test.isPending && <Loading />}
      {test.error !== null && <Failure error={test.error} />}
      {test.data !== undefined && (
        <>
          <Alert
            type={test.data.ok ? "success" : "error"}
            showIcon
            title={t(test.data.ok ? "testPassed" : "testFailed")}
          />
          <Checks checks={test.data.checks} />
        </>
      )}
    </Modal>
  );
}
