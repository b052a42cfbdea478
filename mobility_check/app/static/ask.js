// One request to the app; gives its JSON, with the status.
export async function ask(address, options = {}) {
  const answer = await fetch(address, {...options, headers: {Accept: "application/json", ...options.headers}});
  const said = answer.status === 204 ? {} : await answer.json();
  return {ok: answer.ok, status: answer.status, ...said};
}
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
