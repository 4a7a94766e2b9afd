import { useQuery } from "@tanstack/react-query";
import { asProblem } from "../../api/problem";
import type { Values } from "../../components/schema/fields";
import { Card } from "../../components/Page";
import { Skeleton } from "../../components/States";
import { RenderedMessages } from "./Messages";
import { renderQuery } from "./queries";

/** What goes to the model with these values, as they are typed. */
export function RenderPreview({ namespace, name, number, variables }: {
  namespace: string;
  name: string;
  number: number;
  variables: Values;
}) {
  const { data, error, isPending } = useQuery({ ...renderQuery(namespace, name, { version: number }, variables), retry: false });
  return (
    <Card title="What goes to the model">
      {error ? (
        <p role="status" className="text-sm text-bad">{asProblem(error).message}</p>
      ) : isPending ? (
        <Skeleton lines={2} />
      ) : (
        <RenderedMessages messages={data.messages} />
      )}
    </Card>
  );
}
