// Requests of the desk's scripts: the CSRF token of the page, and refusals as {code, text, next}.

/** The token every changing request of this page carries. */
export const csrfToken = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";

/** A refusal from a server's answer; `fallback` speaks when the answer is not one of ours. */
export function refusalOf(body, fallback) {
  try {
    const found = typeof body === "string" ? JSON.parse(body) : body;
    if (found?.code && found?.text) return { code: found.code, text: found.text, next: found.next ?? "" };
  } catch {
    // Not JSON: a proxy's page, or nothing at all.
  }
  return fallback;
}

/** Uploads one file as multipart field `file`; resolves to the server's JSON, rejects with a refusal.
 * `progress` is called with 0…1 and the bytes sent and in all. `signal` aborts. XMLHttpRequest, because fetch has no upload progress. */
export function upload(url, file, { progress = () => {}, signal, offline }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", file, file.name);
    request.open("POST", url);
    request.setRequestHeader("X-CSRF-Token", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total, event.loaded, event.total);
    });
    request.addEventListener("load", () => {
      const fallback = { ...offline, code: `http.${request.status}` };
      if (request.status >= 400) reject(refusalOf(request.responseText, fallback));
      else resolve(JSON.parse(request.responseText));
    });
    request.addEventListener("error", () => reject(offline));
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** Posts fields as a form; resolves to the server's JSON, rejects with a refusal. */
export async function send(url, fields, { offline, keepalive = false } = {}) {
  const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
  const headers = { "X-CSRF-Token": csrfToken(), Accept: "application/json" };
  let answer;
  try {
    answer = await fetch(url, { method: "POST", body, headers, keepalive });
  } catch {
    throw offline;
  }
  const said = await answer.text();
  if (!answer.ok) throw Object.assign(refusalOf(said, { ...offline, code: `http.${answer.status}` }), { status: answer.status });
  return JSON.parse(said);
}
