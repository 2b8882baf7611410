#!/bin/bash
# LibreOffice opens the workbook and finds every sheet and every row in it.
if ! command -v soffice >/dev/null; then
  echo "skipped: LibreOffice is not installed"
  exit 77
fi
. "${SOURCE_DIR:?}/tests/made-pack.sh"
(cd "$work" && HOME=$work soffice --headless --convert-to ods --outdir "$work" "$pack/data/evidence.xlsx") >"$work/office.log" 2>&1 ||
  { cat "$work/office.log"; fail "LibreOffice"; }
/usr/bin/python3 - "$pack/data/evidence.xlsx" "$work/evidence.ods" <<'PY'
import re, sys, zipfile
import openpyxl
book = openpyxl.load_workbook(sys.argv[1], read_only=True)
xml = zipfile.ZipFile(sys.argv[2]).read("content.xml").decode("utf-8")
tables = re.findall(r'<table:table table:name="([^"]*)"', xml)
assert [t.replace("&apos;", "'") for t in tables[:len(book.sheetnames)]] == book.sheetnames, tables
for sheet in book: # the first cell of every row that has one arrived
    for (cell,) in sheet.iter_rows(min_col=1, max_col=1):
        if isinstance(cell.value, str) and re.fullmatch(r"[A-Za-z0-9-]+", cell.value):
            assert f">{cell.value}<" in xml, (sheet.title, cell.value)
print(len(book.sheetnames), "sheets")
PY
