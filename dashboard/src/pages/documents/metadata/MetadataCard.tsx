import { useQueryClient } from "@tanstack/react-query";
import { Tags } from "lucide-react";
import { useState } from "react";
import { api, call } from "../../../api/client";
import { useCan } from "../../../api/queries";
import { Button } from "../../../components/Button";
import { Facts } from "../../../components/Facts";
import { announce } from "../../../components/Live";
import { Card } from "../../../components/Page";
import type { Document } from "../queries";
import { MetadataDialog } from "./MetadataDialog";
import { type Metadata, pairsOf } from "./values";

/** What people said of a document, and the way to change it. */
export function MetadataCard({ document: { id, name, metadata, latest } }: { document: Pick<Document, "id" | "name" | "metadata" | "latest"> }) {
  const client = useQueryClient();
  const mayWrite = useCan("documents:write") && !latest.erased;
  const [isChanging, setChanging] = useState(false);
  const pairs = pairsOf(metadata);

  async function save(next: Metadata) {
    await call(api.PUT("/api/v1/documents/{document_id}/metadata", { params: { path: { document_id: id } }, body: next }));
    await Promise.all(["document", "documents", "search"].map((key) => client.invalidateQueries({ queryKey: [key] })));
    announce(`The metadata of ${name} is changed.`);
  }

  return (
    <Card
      title="Metadata"
      actions={
        mayWrite && (
          <Button icon={Tags} aria-label="Change the metadata" onClick={() => setChanging(true)}>
            Change
          </Button>
        )
      }
    >
      {pairs.length === 0 ? (
        <p className="text-sm text-muted">None. Searches and questions can be narrowed by keys that you give it.</p>
      ) : (
        <Facts facts={pairs.map(({ key, value }) => [key, value] as const)} />
      )}
      {isChanging && (
        <MetadataDialog
          title={`Metadata of ${name}`}
          description="For all its versions; searches and questions are narrowed by it at once."
          metadata={metadata}
          onSave={save}
          onClose={() => setChanging(false)}
        />
      )}
    </Card>
  );
}
