// One request to the app; gives its JSON, with the status. What is refused at the door comes as a line of text.
export async function ask(address, options = {}) {
  const answer = await fetch(address, {...options, headers: {Accept: "application/json", ...options.headers}});
  const is_json = answer.headers.get("Content-Type")?.includes("json");
  const said = is_json ? await answer.json() : {message: (await answer.text()).trim()};
  return {ok: answer.ok, status: answer.status, ...said};
}
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
