import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { useNamespace } from "../../app/routes";
import { Card } from "../../components/Page";
import type { Values } from "../../components/schema/fields";
import { DraftPreview } from "./DraftPreview";
import { checkQuery } from "./queries";

/** What goes to the model with these values, as they are typed. */
export function RunPreview({ found, variables }: { found: Schema<"PromptDetail">; variables: Values }) {
  const pinned = Object.fromEntries(found.includes.map((one) => [one.reference, one.number]));
  const check = useQuery({ ...checkQuery(useNamespace(), found.body, variables, pinned), retry: false });
  return (
    <Card title="What goes to the model">
      <DraftPreview check={check} />
    </Card>
  );
}
