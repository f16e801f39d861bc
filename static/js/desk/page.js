/* What is on the page from its beginning, and how the desk speaks. */

export const config = JSON.parse(document.getElementById("desk-config").textContent);
export const words = config.words;
export const list = document.getElementById("rows");
export const pane = document.getElementById("pane");
export const wide = window.matchMedia("(min-width: 64rem)");

const said = document.getElementById("said");
const undoes = document.getElementById("undoes");

export function say(text, takesBack = "") {
  undoes.textContent = takesBack;
  undoes.hidden = !takesBack;
  said.textContent = "";
  // Twice the same sentence is to be heard twice.
  window.setTimeout(() => {
    said.textContent = text;
  }, 0);
}

export function pieceUrl(id, rest = "") {
  return config.piece.replace("/0/", `/${id}/`) + rest;
}
