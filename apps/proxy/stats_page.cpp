// The page at /pith/: one self-contained document over GET /pith/v1/stats.
#include "apps/proxy/local_api.h"

namespace pith {

std::string_view stats_page() {
  static constexpr std::string_view kPage = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pith</title>
<style>
:root { color-scheme: light dark; --ink: #1d2430; --dim: #5c6675; --line: #d9dee6; --good: #1a7f4b; --card: #f6f8fa; --page: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --dim: #9aa4b2; --line: #2e3642; --good: #4cc38a; --card: #171c24; --page: #0f1319; } }
body { margin: 0 auto; max-width: 56rem; padding: 2rem 1.2rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
.dim { color: var(--dim); } .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .8rem; margin-top: 1.2rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem; }
.card b { display: block; font-size: 1.6rem; font-variant-numeric: tabular-nums; } .good { color: var(--good); }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { text-align: right; padding: .35rem .5rem; border-bottom: 1px solid var(--line); } td:first-child, th:first-child { text-align: left; }
#error { color: #c0392b; }
</style>
</head>
<body>
<h1>Pith</h1>
<div class="dim" id="sub">Prompt tokens before and after, since this process started.</div>
<div id="error" role="alert"></div>
<div class="cards">
<div class="card"><span class="dim">Requests</span><b id="requests">0</b></div>
<div class="card"><span class="dim">Tokens before</span><b id="before">0</b></div>
<div class="card"><span class="dim">Tokens sent</span><b id="after">0</b></div>
<div class="card"><span class="dim">Saved</span><b class="good" id="saved">0</b></div>
</div>
<h2>By API</h2>
<table><thead><tr><th>API</th><th>Requests</th><th>Tokens before</th><th>Tokens sent</th><th>Saved</th></tr></thead><tbody id="apis"></tbody></table>
<h2>By outcome</h2>
<table><thead><tr><th>x-pith-status</th><th>Requests</th></tr></thead><tbody id="statuses"></tbody></table>
<script>
const n = v => Number(v || 0).toLocaleString('en');
const percent = (before, after) => before > 0 ? ' (' + Math.round(100 * (before - after) / before) + '%)' : '';
const put = (id, v) => { document.getElementById(id).textContent = v; };
function row(cells) {
  const tr = document.createElement('tr');
  for (const cell of cells) { const td = document.createElement('td'); td.textContent = cell; tr.append(td); }
  return tr;
}
async function refresh() {
  try {
    const reply = await fetch('/pith/v1/stats');
    if (!reply.ok) throw new Error('HTTP ' + reply.status);
    const s = (await reply.json()).since_start;
    put('requests', n(s.requests)); put('before', n(s.tokens_before)); put('after', n(s.tokens_after));
    put('saved', n(s.tokens_saved) + percent(s.tokens_before, s.tokens_after));
    document.getElementById('apis').replaceChildren(...Object.entries(s.by_api || {}).map(([k, v]) =>
      row([k, n(v.requests), n(v.tokens_before), n(v.tokens_after), n(v.tokens_before - v.tokens_after) + percent(v.tokens_before, v.tokens_after)])));
    document.getElementById('statuses').replaceChildren(...Object.entries(s.by_status || {}).map(([k, v]) => row([k, n(v)])));
    put('error', '');
  } catch (e) { put('error', 'No stats: ' + e.message); }
}
refresh(); setInterval(refresh, 2000);
</script>
</body>
</html>
)html";
  return kPage;
}

}  // namespace pith
