#!/usr/bin/python3
"""The measurements behind run.sh. Prints what README.md beside it quotes."""
import argparse
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from measure import run
from proof import proof

HERE = pathlib.Path(__file__).resolve().parent
TENANTS = {
    "1,000 clusters": ("1000", "50", "20000", "2000"),
    "10,000 clusters": ("10000", "50", "20000", "2000"),
    "10,000 clusters, everything ten times": ("10000", "500", "100000", "20000"),
}


def show(what, cost, note=""):
    print(f"  {what:<38}{cost.wall:>8.1f} s {cost.cpu:>8.1f} s {cost.memory / 1e6:>7.0f} MB {cost.own / 1e6:>7.0f} MB  {note}".rstrip(), flush=True)


def head(title):
    print(f"\n{title}\n  {'':<38}{'wall':>10} {'cpu':>10} {'peak':>10} {'own':>10}", flush=True)


def make(name, har):
    """The recording of a tenant; gives the reader's object id."""
    clusters, subscriptions, disks, keys = TENANTS[name]
    done = subprocess.run([str(HERE / "make-tenant"), "--clusters", clusters, "--subscriptions", subscriptions, "--disks", disks, "--keys", keys, har],
                          check=True, capture_output=True, text=True)
    return done.stdout.split()[-1]


def stages(program, name, work):
    """collect, assess, report. Gives the pack's folder."""
    har, store, packs = (os.path.join(work, x) for x in ("tenant.har", "store", "packs"))
    reader = make(name, har)
    head(f"{name} ({', '.join(' '.join(x) for x in zip(TENANTS[name][1:], ('subscriptions', 'disks', 'keys')))}; recording of {os.path.getsize(har) / 1e6:.0f} MB)")
    collect = run([program, "collect", "--store", store, "--replay", har, "--principal", reader, "--taken-at", "2026-09-30T12:00:00Z"], allowed=(0, 4))
    show("collect", collect, collect.said.splitlines()[-1] if collect.said else "")
    assess = run([program, "assess", "--store", store, "--format", "json"], allowed=(0, 4))
    show("assess", assess)
    report = run([program, "report", "--store", store, "--out", packs])
    pack = next(p for p in pathlib.Path(packs).iterdir() if p.is_dir())
    show("report: the whole pack", report, f"{(pack / 'data/report.pdf').stat().st_size / 1e6:.1f} MB PDF, {(pack / 'data/evidence.xlsx').stat().st_size / 1e6:.1f} MB workbook")
    os.remove(har)
    return pack


PEERS = (("peer_platypus.py", "ReportLab platypus + openpyxl"), ("peer_canvas.py", "ReportLab canvas + XlsxWriter"))


def pages(pdf):
    said = subprocess.run(["pdfinfo", pdf], check=True, capture_output=True, text=True).stdout
    return int(next(line.split()[1] for line in said.splitlines() if line.startswith("Pages:")))


def letters(pdf):
    """Characters on its pages, spaces left out: lines are broken at other places."""
    return len("".join(subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, text=True).stdout.split()))


def task(work, rows):
    """The template and the query of so many rows. Gives their places."""
    query, template = os.path.join(work, f"rows-{rows}.sql"), os.path.join(work, f"template-{rows}")
    text = (HERE / "template/tables/rows.sql").read_text(encoding="utf-8") + f" LIMIT {rows}\n"
    shutil.copytree(HERE / "template", template)
    for place in (query, os.path.join(template, "tables/rows.sql"), os.path.join(template, "sheets/rows.sql")):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        pathlib.Path(place).write_text(text, encoding="utf-8")
    return template, query, text


def same_text(draw, facts, rows, work):
    """Do all draw the same? On a few rows: pages, and characters on them."""
    template, query, _ = task(work, rows)
    pdf, xlsx = os.path.join(work, "few.pdf"), os.path.join(work, "few.xlsx")
    run([draw, facts, template, pdf, xlsx])
    print(f"  of {rows:,} rows keycustody draws {letters(pdf):,} characters on {pages(pdf):,} pages", flush=True)
    for script, name in PEERS:
        run([sys.executable, str(HERE / script), facts, query, pdf, xlsx])
        print(f"    {name}: {letters(pdf):,} on {pages(pdf):,}", flush=True)


def beside_peers(draw, pack, rows, work):
    """One table of findings, 12 columns, from the same facts.db, as PDF and as workbook: what `report` draws with, and each pair."""
    facts = str(pack / "data/facts.db")
    template, query, text = task(work, rows)
    count = sqlite3.connect(f"file:{facts}?mode=ro", uri=True).execute("SELECT count(*) FROM (" + text + ")").fetchone()[0]
    head(f"{count:,} findings of 12 columns as PDF and as workbook")
    pdf, xlsx = os.path.join(work, "rows.pdf"), os.path.join(work, "rows.xlsx")
    ours = run([draw, facts, template, pdf, xlsx])
    show("keycustody", ours, f"{pages(pdf):,} pages; {os.path.getsize(pdf) / 1e6:.1f} and {os.path.getsize(xlsx) / 1e6:.1f} MB")
    for script, name in PEERS:
        pdf, xlsx = os.path.join(work, "peer.pdf"), os.path.join(work, "peer.xlsx")
        cost = run([sys.executable, str(HERE / script), facts, query, pdf, xlsx])
        show(name, cost)
        print(f"    takes {cost.wall / ours.wall:.1f} times as long ({cost.cpu / ours.cpu:.1f} times the processor time); "
              f"{pages(pdf):,} pages; {os.path.getsize(pdf) / 1e6:.1f} and {os.path.getsize(xlsx) / 1e6:.1f} MB", flush=True)
    same_text(draw, facts, min(rows, 2000), work)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--program", required=True)
    p.add_argument("--draw", required=True, help="the program of draw.c")
    p.add_argument("--large", action="store_true", help="the tenants of 10,000 clusters too")
    p.add_argument("--rows", type=int, default=100000, help="rows of the comparison with the peers (0: none)")
    p.add_argument("--keep", help="leave everything in this folder")
    a = p.parse_args()
    os.environ.update(LC_ALL="C.UTF-8", PYTHONDONTWRITEBYTECODE="1")
    work = a.keep or tempfile.mkdtemp(prefix="kc-bench-", dir=os.environ.get("TMPDIR", "/var/tmp"))
    print(f"{os.cpu_count()} processors, {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GB; peak: all memory of all processes; own: "
          "without what files back")
    try:
        for name in TENANTS:
            if name != "1,000 clusters" and not a.large:
                continue
            here = os.path.join(work, name.replace(",", "").replace(" ", "-"))
            os.makedirs(here)
            pack = stages(a.program, name, here)
            proof(a.program, os.path.join(here, "store"), here, show, head)
            if a.rows and name == ("10,000 clusters" if a.large else "1,000 clusters"):
                beside_peers(a.draw, pack, a.rows, here)
    finally:
        if not a.keep:
            subprocess.run(["chmod", "-R", "u+w", work], check=False)
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
