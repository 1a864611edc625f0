# SPDX-License-Identifier: MIT
"""The interop matrix as one HTML file that needs nothing else: a table of cells, and behind each its reason, both logs,
a capture and the keys for it."""
import base64
import html
import os

import features

LOG_MAX = 12000  # characters of a log: its end
ROLES = {"i": "initiates", "r": "responds"}
MARK = {"pass": "✓", "fail": "✗", "theirs": "theirs", "lacks": "–", "skip": "·"}
TITLES = {"strongswan": "strongSwan", "libreswan": "libreswan", "openiked": "OpenIKED"}
LEGEND = [("pass", "works"), ("fail", "does not work"), ("theirs", "the daemon does it wrongly, by the section its cell names"),
          ("lacks", "the daemon has no such thing"), ("skip", "cannot be seen here")]

HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>ikelab: interop matrix</title>
<style>
:root { --ink: #1b1f24; --line: #d8dee4; --soft: #f6f8fa }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
h1 { font-size: 1.6rem; margin: 0 } p { margin: .4rem 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { padding: .22rem .5rem; border-bottom: 1px solid var(--line); text-align: left }
thead th { position: sticky; top: 0; background: #fff; text-align: center; border-bottom: 2px solid var(--ink) }
tr.group th { background: var(--soft); padding-top: .7rem }
td.cell { text-align: center; width: 5.4rem; padding: 0; border-left: 1px solid var(--line) }
td.cell a { display: block; padding: .22rem; text-decoration: none; color: inherit; cursor: pointer }
td.cell a:focus, td.cell a:hover { outline: 2px solid var(--ink); outline-offset: -2px }
.section { color: #57606a; font-size: .82rem; margin-left: .5rem }
.pass { background: #dafbe1; color: #116329 } .fail { background: #ffd7d5; color: #a40e26; font-weight: 700 }
.theirs { background: #fff3c4; color: #7a4d00; font-size: .85rem } .lacks, .skip { background: #fff; color: #6e7781 }
.legend span { display: inline-block; padding: 0 .5rem; margin-right: .3rem; border-radius: .2rem }
dialog { width: min(70rem, 94vw); max-height: 90vh; border: 1px solid var(--ink); border-radius: .4rem; padding: 1.2rem }
dialog::backdrop { background: #0006 }
pre { background: var(--soft); padding: .7rem; overflow: auto; max-height: 34vh; font-size: 12px; line-height: 1.35 }
h2 { font-size: 1.15rem; margin: 0 } h3 { font-size: .95rem; margin: .8rem 0 .2rem } button { font: inherit; float: right }
</style></head><body>
"""

SCRIPT = """<script>
document.querySelectorAll('td.cell a').forEach(a => a.addEventListener('click', e => {
  e.preventDefault(); document.getElementById(a.dataset.of).showModal() }))
document.querySelectorAll('dialog').forEach(d => d.addEventListener('click', e => {
  if (e.target === d || e.target.tagName === 'BUTTON') d.close() }))
</script></body></html>
"""


def end_of(text):
    text = text.strip()
    return text if len(text) <= LOG_MAX else "…\n" + text[-LOG_MAX:]


def download(name, content, title):
    if not content:
        return ""
    data = base64.b64encode(content).decode()
    return f'<a download="{name}" href="data:application/octet-stream;base64,{data}">{title}</a> '


def dialog(number, cell):
    what = f"{html.escape(cell['feature'])}: {TITLES[cell['daemon']]}, ikelab {ROLES[cell['role']]}"
    logs = "".join(f"<h3>{title}</h3><pre>{html.escape(end_of(text))}</pre>"
                   for title, text in (("ikelab", cell["ours"]), (TITLES[cell["daemon"]], cell["theirs"])) if text)
    files = download(f"cell-{number}.pcapng", cell["capture"], "capture") + download(
        "ikev2_decryption_table", cell["keys"], "its keys, as Wireshark reads them")
    return (f'<dialog id="c{number}"><button>close</button><h2>{what}</h2><p><span class="{cell["result"]}">{cell["result"]}</span> '
            f'{html.escape(cell["reason"])} <span class="section">{html.escape(cell["section"])}, {cell["seconds"]:.1f} s</span></p>'
            f"<p>{files}</p>{logs}</dialog>\n")


def table_cell(row_of, daemon, role):
    if (daemon, role) not in row_of:
        return '<td class="cell"></td>'
    number, cell = row_of[(daemon, role)]
    title = html.escape(cell["reason"] or "works", quote=True)
    return (f'<td class="cell {cell["result"]}"><a href="#c{number}" data-of="c{number}" title="{title}">'
            f"{MARK[cell['result']]}</a></td>")


def table(results):
    rows = {}
    for number, cell in enumerate(results):
        rows.setdefault((cell["grp"], cell["feature"], cell["section"]), {})[(cell["daemon"], cell["role"])] = (number, cell)
    out, group = [], None
    for (its_group, feature, section), row_of in rows.items():
        if its_group != group:
            group = its_group
            out.append(f'<tr class="group"><th colspan="{1 + 2 * len(features.DAEMONS)}">{html.escape(group)}</th></tr>')
        cells = "".join(table_cell(row_of, daemon, role) for daemon in features.DAEMONS for role in "ir")
        out.append(f'<tr><td>{html.escape(feature)}<span class="section">{html.escape(section)}</span></td>{cells}</tr>')
    return "\n".join(out)


def write(path, about, results):
    """Whole or not at all."""
    counts = {kind: sum(cell["result"] == kind for cell in results) for kind in MARK}
    heads = "".join(f'<th colspan="2">{TITLES[name]}<br><span class="section">{html.escape(about[name])}</span></th>'
                    for name in features.DAEMONS)
    legend = "".join(f'<span class="{kind}">{MARK[kind]} {meaning}: {counts[kind]}</span>' for kind, meaning in LEGEND)
    text = (HEAD + f"<h1>Interop matrix</h1><p>{html.escape(about['ikelab'])} and real daemons, each over UDP or TCP between two network "
            "namespaces. libreswan and OpenIKED run with a stand-in for their kernel's database of SAs, so their ESP is not seen. "
            f'Init: ikelab initiates; resp: the daemon does. A click on a cell shows its logs and a capture.</p><p class="legend">{legend}</p>'
            f"<table><thead><tr><th></th>{heads}</tr><tr><th></th>" + ('<th title="ikelab initiates">init</th>'
            '<th title="ikelab responds">resp</th>') * len(features.DAEMONS) + f"</tr></thead><tbody>\n{table(results)}\n</tbody></table>\n"
            + "".join(dialog(number, cell) for number, cell in enumerate(results)) + SCRIPT)
    part = path + ".part"
    with open(part, "w", encoding="utf8") as out:
        out.write(text)
    os.replace(part, path)
