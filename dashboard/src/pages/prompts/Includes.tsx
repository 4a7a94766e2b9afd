import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { Digest } from "../../components/Digest";
import { Card } from "../../components/Page";

/** The prompts that stand in a version, as its lock pins them. */
export function Includes({ includes }: { includes: readonly Schema<"IncludedPrompt">[] }) {
  if (includes.length === 0) return null;
  return (
    <Card title="Includes" flush>
      <ul className="divide-y divide-line">
        {includes.map((one) => {
          const name = one.reference.split(/[@/]/)[0] ?? one.reference;
          return (
            <li key={one.reference} className="flex flex-wrap items-center gap-x-3 gap-y-0.5 px-4 py-2 text-sm">
              <code className="font-mono text-xs font-semibold">{one.reference}</code>
              <Link to="/prompts/$name" params={{ name }} search={{ version: String(one.number) }} className="hover:underline">
                version {one.number}
              </Link>
              <Digest value={one.digest} label={`digest of ${name}`} characters={8} />
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
