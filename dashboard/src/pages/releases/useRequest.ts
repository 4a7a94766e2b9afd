import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem } from "../../api/problem";
import { announce } from "../../components/Live";
import { requestRelease, type Wanted } from "./queries";

/** Asks for a release and opens the request; says so where that is refused. */
export function useRequest() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isBusy, setBusy] = useState(false);

  async function request(wanted: Wanted) {
    setBusy(true);
    try {
      const made = await requestRelease(client, wanted);
      await navigate({ to: "/releases/$requestId", params: { requestId: made.id } });
    } catch (error) {
      announce(asProblem(error).message, "bad");
    } finally {
      setBusy(false);
    }
  }

  return { request, isBusy };
}
