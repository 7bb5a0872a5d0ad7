"""Numbers to text."""

import statistics


def table(header, rows):
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]

    def line(cells):
        return "| " + " | ".join(str(cell).ljust(width) for cell, width in zip(cells, widths)) + " |"
    return [line(header), "| " + " | ".join("-" * max(3, width) for width in widths) + " |", *map(line, rows)]


def ratio_cell(values):
    return f"**{statistics.median(values):.2f}** ({min(values):.2f} to {max(values):.2f})"


def seconds_cell(values):
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def milliseconds(seconds):
    return f"{seconds * 1e3:.2f}"


def megabytes(size):
    return f"{size / 2**20:.1f}"
