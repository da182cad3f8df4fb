"""Tables with merged cells: a full grid beside its spans, so that whoever knows no spans still shows every word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it is drawn; `rows` and `columns` are how far it goes."""

    text: Sequence[Mapping[str, Any]]
    rows: int = 1
    columns: int = 1

    @property
    def attributes(self) -> Mapping[str, int]:
        """What HTML says of a merged cell; nothing for any other."""
        named = (("rowspan", self.rows), ("colspan", self.columns))
        return {name: value for name, value in named if value > 1}


def cells(block: Mapping[str, Any]) -> list[list[Cell]]:
    """The rows of a block of type table without the empty cells that merged ones cover."""
    spans = {(span["row"], span["column"]): span for span in block.get("spans", ())}
    covered = {
        (row + i, column + j)
        for (row, column), span in spans.items()
        for i in range(span["rows"])
        for j in range(span["columns"])
        if i or j
    }
    return [
        [
            _cell(text, spans.get((row, column)))
            for column, text in enumerate(texts)
            # Words are never left out, whatever a span says.
            if (row, column) not in covered or text
        ]
        for row, texts in enumerate(block["rows"])
    ]


def _cell(text: Sequence[Mapping[str, Any]], span: Mapping[str, int] | None) -> Cell:
    return Cell(text) if span is None else Cell(text, span["rows"], span["columns"])
