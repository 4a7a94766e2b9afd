import { Badge } from "../../components/Badge";

/** Why there is no output or no score; a code may be long, and wraps where it has to. */
export function FailureCode({ code }: { code: string }) {
  return <Badge tone="warn" className="h-auto! max-w-full py-0.5 break-all whitespace-normal!">{code}</Badge>;
}
