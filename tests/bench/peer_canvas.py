#!/usr/bin/python3
"""The fastest pair in Python: ReportLab's bare canvas and XlsxWriter with constant memory. peer_canvas.py FACTS SQL OUT.pdf OUT.xlsx"""
from reportlab.lib.pagesizes import A3, landscape
from reportlab.pdfgen.canvas import Canvas
from xlsxwriter import Workbook

from peer_rows import HEAD, WIDTH, arguments, lines, rows

PAGE = landscape(A3)


def workbook(facts, sql, path):
    book = Workbook(path, {"constant_memory": True})
    sheet, bold = book.add_worksheet("Findings"), book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for i, width in enumerate(WIDTH):
        sheet.set_column(i, i, width)
        sheet.write_string(0, i, HEAD[i], bold)
    last = 0
    for last, row in enumerate(rows(facts, sql), 1):
        for i, value in enumerate(row):
            sheet.write_string(last, i, value)
    sheet.autofilter(0, 0, last, len(HEAD) - 1)
    book.close()


def report(facts, sql, path):
    canvas = Canvas(path, pagesize=PAGE, pageCompression=1)
    lefts, x = [], 28
    for width in WIDTH:
        lefts.append(x)
        x += width * 4
    y = 0
    for row in rows(facts, sql):
        cells = [lines(v, w) for v, w in zip(row, WIDTH)]
        height = 4 + 7 * max(len(c) for c in cells)
        if y - height < 28:
            if y:
                canvas.showPage()
            y = PAGE[1] - 28
            canvas.setFont("Helvetica-Bold", 6)
            for left, title in zip(lefts, HEAD):
                canvas.drawString(left, y - 6, title)
            canvas.setFont("Helvetica", 6)
            y -= 12
        for left, cell in zip(lefts, cells):
            at = y - 6
            for line in cell:
                if line:
                    canvas.drawString(left, at, line)
                at -= 7
        y -= height
        canvas.line(28, y, x, y)
    canvas.save()


if __name__ == "__main__":
    facts, sql, pdf, xlsx = arguments()
    workbook(facts, sql, xlsx)
    report(facts, sql, pdf)
