// Reads a stream of server-sent events. Unlike EventSource it shows the heartbeats (comment lines), so that a
// connection that died without a word is noticed, and the status of a refusal.

export type ServerEvent = { id: string | null; event: string; data: string };

/** Takes the text as it comes, in any pieces; calls `onEvent` for each whole event. */
export function sseParser(onEvent: (event: ServerEvent) => void): (text: string) => void {
  let rest = "";
  let id: string | null = null;
  let event = "message";
  let data: string[] = [];

  const line = (text: string) => {
    if (text === "") {
      if (data.length > 0) onEvent({ id, event, data: data.join("\n") });
      event = "message";
      data = [];
      return;
    }
    const colon = text.indexOf(":");
    if (colon === 0) return; // a comment
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id") id = value;
  };

  return (text) => {
    rest += text;
    // A lone \r at the end may be half of \r\n: it waits for the next piece.
    const end = rest.endsWith("\r") ? rest.length - 1 : rest.length;
    const lines = rest.slice(0, end).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? "") + rest.slice(end);
    lines.forEach(line);
  };
}
