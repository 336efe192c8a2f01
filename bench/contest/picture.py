"""The matrix as a picture: how much of the limit each contender makes use of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from bench.contest import cells

mpl.use("svg")
mpl.rcParams.update({"svg.hashsalt": "bench", "svg.fonttype": "none", "font.size": 9})

from matplotlib import pyplot as plt  # noqa: E402 - once it knows what it draws

COLOURS = {"ours": "#1b7f5c", "mode-sdk": "#c9803a", "plain": "#7a7f87"}
LABELS = {"ours": "this package", "mode-sdk": "mode-sdk 0.1.0", "plain": "requests + tenacity"}


def draw(rows: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Sliding window; a run that was cut or incomplete is hatched: as high as what was done of the work."""
    figure, panels = plt.subplots(1, len(cells.PROCESSES), figsize=(9, 3.2), sharey=True)
    for panel, processes in zip(panels, cells.PROCESSES, strict=True):
        for offset, who in enumerate(cells.WHO):
            for place, latency in enumerate(cells.LATENCIES):
                wanted = {"who": who, "processes": processes, "latency": latency, "window": "sliding"}
                row = next((r for r in rows if wanted.items() <= r["cell"].items()), None)
                if row is not None:
                    _bar(panel, place + 0.27 * (offset - 1), row, COLOURS[who])
        panel.set_title("one process" if processes == 1 else f"{processes} processes")
        panel.set_xticks(range(len(cells.LATENCIES)), [f"{1000 * one:.0f} ms" for one in cells.LATENCIES])
        panel.axhline(1, color="#bbbbbb", linewidth=0.8, zorder=0)
        panel.set_xlim(-0.5, len(cells.LATENCIES) - 0.5)
        panel.set_ylim(0, 1.15)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("ideal / wall")
    marks = [mpl.patches.Patch(color=COLOURS[who], label=LABELS[who]) for who in cells.WHO]
    marks.append(
        mpl.patches.Patch(facecolor="white", edgecolor="#555555", hatch="///", label="cut or incomplete")
    )
    figure.legend(handles=marks, loc="lower center", ncols=4, frameon=False)
    figure.tight_layout(rect=(0, 0.09, 1, 1))
    file.parent.mkdir(exist_ok=True)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def _bar(panel: Any, at: float, row: Mapping[str, Any], colour: str) -> None:
    cut = row["wall"] is None or row["lost"]
    height = row["ideal"] / (row["wall"] or row["cell"]["cut"])
    if cut:
        height *= row["done"]
    panel.bar(
        at, height, 0.25, color="white" if cut else colour, edgecolor=colour, hatch="///" if cut else None
    )
    if row["throttled"]:
        panel.text(at, height + 0.02, str(row["throttled"]), ha="center", fontsize=6, color="#333333")
