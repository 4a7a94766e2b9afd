import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { Card } from "../../components/Page";
import type { Values } from "../../components/schema/fields";
import { DraftPreview } from "./DraftPreview";
import { checkQuery } from "./queries";

/** What goes to the model with these values, as they are typed. */
export function RunPreview({ body, variables }: { body: Schema<"PromptBody">; variables: Values }) {
  const check = useQuery({ ...checkQuery(body, variables), retry: false });
  return (
    <Card title="What goes to the model">
      <DraftPreview check={check} />
    </Card>
  );
}
