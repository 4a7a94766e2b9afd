import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FileCheck2, Workflow } from "lucide-react";
import { api, call } from "../../api/client";
import { asProblem } from "../../api/problem";
import { Button, buttonClasses } from "../../components/Button";
import { classes } from "../../components/classes";
import { Digest } from "../../components/Digest";
import { Facts } from "../../components/Facts";
import { formatDuration, formatMoment } from "../../components/format";
import { announce } from "../../components/Live";
import { Card } from "../../components/Page";
import { Loaded } from "../../components/States";
import { saveAs } from "../documents/queries";
import type { AnswerSoFar, Execution } from "./answer";
import { Judging } from "./Judging";
import { narrowingOf } from "./narrowing";
import { Reranking } from "./Reranking";
import { executionQuery } from "./useAnswer";
import { WhyNot } from "./WhyNot";
import { type Expected, askedBy, citedIn } from "./explained";

interface Expecting {
  expected: Expected | undefined;
  onExpect: (expected: Expected) => void;
}

/** What produced an answer: versions, strategy, model, the proof that it was so, and what became of other passages. */
export function Why({ answer, executionId, ...expecting }: { answer: AnswerSoFar; executionId: string } & Expecting) {
  const query = useQuery(executionQuery(executionId));
  return (
    <Card
      title="Why"
      actions={
        <>
          <Link to="/executions/$executionId" params={{ executionId }} className={buttonClasses("quiet")}>
            <Workflow aria-hidden className="size-4" />
            Execution
          </Link>
          <Button look="quiet" icon={FileCheck2} onClick={() => void downloadProof(executionId)}>
            Proof
          </Button>
        </>
      }
    >
      <Loaded query={query}>{(execution) => <Produced answer={answer} execution={execution} {...expecting} />}</Loaded>
    </Card>
  );
}

function Produced({ answer, execution, ...expecting }: { answer: AnswerSoFar; execution: Execution } & Expecting) {
  const { artifact, model } = execution;
  const asked = askedBy(execution);
  const narrowing = asked && narrowingOf(asked.filters);
  return (
    <div className="flex flex-col gap-5">
      <Facts
        facts={[
          artifact && ["Strategy", `${artifact.name}, version ${artifact.number}`],
          artifact && ["Its digest", <Digest key="digest" value={artifact.digest} label="strategy's digest" />],
          artifact?.lock_digest ? ["Lock", <Digest key="lock" value={artifact.lock_digest} label="lock's digest" />] : null,
          narrowing ? ["Only documents", narrowing] : null,
          model && ["Embeddings", model.model],
          model && ["Model digest", <Digest key="model" value={model.digest} label="model's digest" />],
          ["Execution", <Digest key="id" value={execution.id} label="execution's id" characters={36} />],
          ["Asked", formatMoment(execution.created_at)],
          execution.latency_total_ms === null ? null : ["Took", formatDuration(execution.latency_total_ms)],
        ]}
      />
      {answer.reranking && <Reranking report={answer.reranking} />}
      <Judging judging={answer.judging} own={answer.ownConfidence} />
      {answer.passages.length > 0 && <Evidence answer={answer} onExpect={expecting.onExpect} />}
      {asked && <WhyNot asked={asked} {...expecting} />}
    </div>
  );
}

/** The passages that were looked at, and in which of them the cited sentences stand. */
function Evidence({ answer, onExpect }: { answer: AnswerSoFar } & Pick<Expecting, "onExpect">) {
  return (
    <div role="region" aria-label="Passages that were looked at" tabIndex={0} className="@container overflow-x-auto">
      <table className="w-full text-sm">
        <caption className="pb-1 text-left text-xs text-muted">Passages that were looked at, best first</caption>
        <thead className="text-xs text-muted">
          <tr className="border-b border-line">
            {["Document", "Version", "Place", "Relevance", "Meaning", "Words", "Cited"].map((name, index) => (
              <th
                key={name}
                scope="col"
                className={classes(
                  "py-1 pr-4 font-medium",
                  index > 2 && index < 6 ? "text-right" : "text-left",
                  ["Version", "Meaning", "Words"].includes(name) && "@max-2xl:hidden",
                )}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {answer.passages.map((passage) => (
            <tr key={`${passage.version.version_id}:${passage.start}`} className="border-b border-line last:border-0">
              <td className="max-w-64 truncate py-1.5 pr-4 @max-2xl:max-w-28" title={passage.version.document}>
                {passage.version.document}
              </td>
              <td className="py-1.5 pr-4 whitespace-nowrap @max-2xl:hidden">
                {passage.version.number} · <span className="font-mono text-xs">{passage.version.digest.slice(0, 8)}</span>
              </td>
              <td className="py-1.5 pr-4 @2xl:whitespace-nowrap">
                {passage.page !== null && `page ${passage.page}, `}
                {passage.start}–{passage.end}
              </td>
              <td className="py-1.5 pr-4 text-right font-mono text-xs">{passage.score.toFixed(3)}</td>
              <td className="py-1.5 pr-4 text-right font-mono text-xs @max-2xl:hidden">{passage.similarity.toFixed(3)}</td>
              <td className="py-1.5 pr-4 text-right font-mono text-xs @max-2xl:hidden">{passage.bm25.toFixed(2)}</td>
              <td className="py-1.5 whitespace-nowrap">
                <CitedOrWhyNot passage={passage} answer={answer} onExpect={onExpect} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CitedOrWhyNot({ passage, answer, onExpect }: {
  passage: AnswerSoFar["passages"][number];
  answer: AnswerSoFar;
} & Pick<Expecting, "onExpect">) {
  const numbers = citedIn(passage, answer.citations);
  if (numbers.length > 0) return numbers.map((n) => `[${n}]`).join(" ");
  const { version, start, end } = passage;
  return (
    <button
      type="button"
      aria-label={`Why not ${version.document}, ${start}–${end}?`}
      onClick={() => onExpect({ document: version.document, from: start, to: end })}
      className="text-accent-ink hover:underline"
    >
      Why not?
    </button>
  );
}

async function downloadProof(executionId: string): Promise<void> {
  try {
    const proof = await call(api.GET("/api/v1/audit/proofs/{wanted}", { params: { path: { wanted: executionId } } }));
    saveAs(new Blob([JSON.stringify(proof, null, 2)], { type: "application/json" }), `proof-${executionId}.json`);
    announce("The proof is saved. Check it offline with `mcp-engine audit check`.");
  } catch (error) {
    announce(asProblem(error).message, "bad");
  }
}
