import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Ellipsis, Eraser, FileCheck, FileLock2, GitCompareArrows } from "lucide-react";
import { useState } from "react";
import { isAbort } from "../../api/problem";
import { useCan } from "../../api/queries";
import { Button, IconButton } from "../../components/Button";
import { announce } from "../../components/Live";
import { Menu, MenuItem, MenuSeparator } from "../../components/Menu";
import { downloadProof } from "../audit/proofs";
import { EraseContent } from "./EraseContent";
import type { Detail } from "./queries";

/** What can be done with one execution: compare, prove, erase. */
export function ExecutionActions({ execution, compare }: { execution: Detail; compare: string | undefined }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const canProve = useCan("audit:read");
  const canErase = useCan("executions:write");
  const [erasing, setErasing] = useState(false);
  const hasEnded = execution.ended_at !== null;
  const hasContent = execution.inputs.state === "present" || execution.output.state === "present";

  async function prove(withContent: boolean) {
    try {
      await downloadProof(execution.id, withContent);
      announce("The proof is downloaded; check it with `mcp-engine audit check`.");
    } catch (error) {
      if (!isAbort(error)) announce(error instanceof Error ? error.message : String(error), "bad");
    }
  }

  return (
    <>
      {compare && compare !== execution.id ? (
        <Button
          look="primary" icon={GitCompareArrows}
          onClick={() => void navigate({ to: "/executions/compare", search: { left: compare, right: execution.id } })}
        >
          Compare
        </Button>
      ) : (
        <IconButton
          icon={GitCompareArrows} label="Compare with another execution" disabled={compare === execution.id}
          onClick={() => void navigate({ to: "/executions", search: (search) => ({ ...search, compare: execution.id }) })}
        />
      )}
      {((hasEnded && canProve) || canErase) && (
        <Menu label="Actions" trigger={<IconButton icon={Ellipsis} label="More actions" />}>
          {hasEnded && canProve && (
            <>
              <MenuItem icon={FileCheck} onSelect={() => void prove(false)}>Download proof</MenuItem>
              <MenuItem icon={FileLock2} onSelect={() => void prove(true)}>Download proof with the text (private)</MenuItem>
            </>
          )}
          {hasEnded && canErase && hasContent && (
            <>
              {canProve && <MenuSeparator />}
              <MenuItem icon={Eraser} danger onSelect={() => setErasing(true)}>Erase inputs and output…</MenuItem>
            </>
          )}
        </Menu>
      )}
      <EraseContent
        id={execution.id} open={erasing} onClose={() => setErasing(false)}
        onErased={() => void client.invalidateQueries({ queryKey: ["executions", "one", execution.id] })}
      />
    </>
  );
}
