/** Failures of a request, in the words of the engine's problem documents (RFC 9457). */

export interface ProblemDocument {
  title: string;
  status: number;
  code: string;
  detail: string;
  [member: string]: unknown;
}

/** A status in words for people; the problem's own title is the protocol's phrase. */
const HEADLINES: Readonly<Record<number, string>> = {
  400: "Something needs correcting",
  401: "Not signed in",
  403: "Not allowed",
  404: "Not found",
  409: "Not possible as things stand",
  410: "Gone for good",
  413: "Too large",
  422: "Something needs correcting",
  429: "Too much at once",
  500: "The engine failed",
  502: "The model or server behind it failed",
  503: "Not available right now",
  504: "It took too long",
};

/** What a request threw: the server's problem document, or one that says why there is none. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly requestId: string | null;

  constructor(
    readonly document: ProblemDocument,
    requestId: string | null = null,
  ) {
    super(document.detail);
    const told = document.request_id;
    this.requestId = requestId ?? (typeof told === "string" ? told : null);
  }

  get title(): string {
    return HEADLINES[this.status] ?? this.document.title;
  }

  get status(): number {
    return this.document.status;
  }

  get code(): string {
    return this.document.code;
  }
}

const NO_ANSWER: ProblemDocument = {
  title: "The engine does not answer",
  status: 0,
  code: "network.unreachable",
  detail: "Nothing answers at this address. Is the engine running? Start it with `make up`, then try again.",
};

/** Return the failure to reach the server at all. */
export function unreachable(): ApiProblem {
  return new ApiProblem(NO_ANSWER);
}

/** Return the problem in an answer that is not 2xx. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const text = await response.text().catch(() => "");
  return new ApiProblem(parseProblem(text, response), response.headers.get("X-Request-ID"));
}

function parseProblem(text: string, response: Response): ProblemDocument {
  try {
    const value: unknown = JSON.parse(text);
    if (isProblem(value)) return value;
  } catch {
    // Not JSON: something between the browser and the engine answered.
  }
  return {
    title: response.statusText || `Status ${response.status}`,
    status: response.status,
    code: `http.${response.status}`,
    detail: "The answer is not one of the engine's; something between it and this browser may have sent it.",
  };
}

export function isProblem(value: unknown): value is ProblemDocument {
  if (typeof value !== "object" || value === null) return false;
  const { title, status, code, detail } = value as Record<string, unknown>;
  return (
    typeof title === "string" && typeof status === "number" && typeof code === "string" && typeof detail === "string"
  );
}

/** Return any thrown value as a problem that a person can read. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return new ApiProblem({
    title: "The page failed",
    status: 0,
    code: "dashboard.fault",
    detail: error instanceof Error ? error.message : String(error),
  });
}

/** Return whether an error only says that the caller gave up itself. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
