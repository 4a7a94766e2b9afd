import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { recorded, refusalOf, sentencesOf } from "./answer";
import { executionQuery } from "./useAnswer";

const MOST_TURNS = 6;

/** The conversation before an answer, first question first; each opens its answer. */
export function Earlier({ execution, turns = MOST_TURNS }: { execution: string; turns?: number }) {
  const { data } = useQuery(executionQuery(execution));
  const answer = data && recorded(data);
  if (!answer) return null;
  const said = answer.refused ? refusalOf(answer) : sentencesOf(answer).map((one) => one.text).join(" ");
  return (
    <>
      {answer.follows && turns > 1 && <Earlier execution={answer.follows} turns={turns - 1} />}
      <li className="border-l-2 border-line pl-3">
        <Link to="/ask" search={{ execution }} className="block rounded hover:bg-hover">
          <span className="block font-medium break-words">{answer.question}</span>
          <span className="line-clamp-2 text-sm break-words text-muted">{said}</span>
        </Link>
      </li>
    </>
  );
}
