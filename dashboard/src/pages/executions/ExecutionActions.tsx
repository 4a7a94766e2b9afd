import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Ellipsis, Eraser, FileCheck, FileLock2, GitCompareArrows, MessageCircleQuestion, Play } from "lucide-react";
import { useState } from "react";
import { asProblem } from "../../api/problem";
import { useCan } from "../../api/queries";
import { Button, IconButton } from "../../components/Button";
import { announce } from "../../components/Live";
import { Menu, MenuItem, MenuSeparator } from "../../components/Menu";
import { downloadProof } from "../audit/proofs";
import { EraseContent } from "./EraseContent";
import { rerunSearch } from "./origin";
import { type Pages, withoutInputs } from "./newest";
import type { Detail } from "./queries";

/** What can be done with one execution: compare, run again, prove, erase. */
export function ExecutionActions({ execution, compare }: { execution: Detail; compare: string | undefined }) {
  const navigate = useNavigate({ from: "/executions" });
  const client = useQueryClient();
  const canProve = useCan("audit:read");
  const canErase = useCan("executions:write");
  const [erasing, setErasing] = useState(false);
  const hasEnded = execution.ended_at !== null;
  const hasContent = execution.inputs.state === "present" || execution.output.state === "present";
  const rerun = rerunSearch(execution);

  async function prove(withContent: boolean) {
    try {
      await downloadProof(execution.id, withContent);
      announce("The proof is downloaded; check it with `mcp-engine audit check`.");
    } catch (error) {
      announce(asProblem(error).message, "bad");
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
          onClick={() => void navigate({ to: "/executions", search: (search) => ({ ...search, compare: execution.id }), resetScroll: false })}
        />
      )}
      <Menu label="Actions" trigger={<IconButton icon={Ellipsis} label="More actions" />}>
        {rerun && (
          <MenuItem icon={Play} onSelect={() => void navigate({ to: "/prompts/$name/run", ...rerun })}>Run again with changes</MenuItem>
        )}
        {execution.kind === "ask" && (
          <MenuItem icon={MessageCircleQuestion} onSelect={() => void navigate({ to: "/ask", search: { execution: execution.id } })}>
            Open the answer with its sources
          </MenuItem>
        )}
        <MenuItem icon={FileCheck} onSelect={() => void prove(false)} disabled={!hasEnded || !canProve}>Download proof</MenuItem>
        <MenuItem icon={FileLock2} onSelect={() => void prove(true)} disabled={!hasEnded || !canProve}>
          Download proof with the text (private)
        </MenuItem>
        {canErase && (
          <>
            <MenuSeparator />
            <MenuItem icon={Eraser} danger onSelect={() => setErasing(true)} disabled={!hasEnded || !hasContent}>
              Erase inputs and output…
            </MenuItem>
          </>
        )}
      </Menu>
      <EraseContent
        id={execution.id} open={erasing} onClose={() => setErasing(false)}
        onErased={() => {
          client.setQueriesData<Pages>({ queryKey: ["executions", "list"] }, (pages) => pages && withoutInputs(pages, execution.id));
          void client.invalidateQueries({ queryKey: ["executions", "newest"] });
          void client.invalidateQueries({ queryKey: ["executions", "one", execution.id] });
        }}
      />
    </>
  );
}
