import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Modal } from "antd";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import type { Source } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Checks } from "./checks.tsx";

/** Tries a source's connection, and says what its credentials can and cannot do. */
export function ConnectionTest({ source, onClose }: { readonly source: Source; readonly onClose: () => void }) {
  const t = useTranslations("sources");
  const test = useQuery({
    queryKey: ["sources", source.id, "test"],
    queryFn: () => read(api.sourceActions.sources[":id"].test.$post({ param: { id: source.id } })),
    ...{ staleTime: 0, gcTime: 0, retry: false, refetchOnWindowFocus: false },
  });
  return (
    <Modal
      open
      title={t("testOf", { name: source.name })}
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
            style={{ marginBottom: 8 }}
          />
          <Checks checks={test.data.checks} />
        </>
      )}
    </Modal>
  );
}
