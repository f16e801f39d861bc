// The reader's choice of light or dark, before the first paint. Without one, or where
// nothing may be stored, the page follows the system.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") {
    document.documentElement.dataset.theme = chosen;
  }
} catch {}
