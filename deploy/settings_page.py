"""The reference pages under ``docs/`` that are made from code: settings, metrics, log fields, states.

`python -m deploy.settings_page` writes them; a test compares. What they say can therefore not drift from the program.
"""

import types
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic.fields import FieldInfo

from cms.kernel.log import ALWAYS, BOUND
from cms.kernel.metrics import Metric
from deploy.glossary import with_states
from deploy.roles import METRICS
from deploy.settings import BOOTSTRAP, FILE, PREFIX, Settings

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
_MADE: Final = "<!-- Made by `python -m deploy.settings_page`; edit the code it is made from instead. -->\n"
_KINDS: Final[Mapping[object, str]] = {Path: "path", str: "text", int: "number", bool: "`true` / `false`"}
_RULES: Final[Mapping[type, str]] = {Ge: "ge", Le: "le", MinLen: "min_length", MaxLen: "max_length"}
_SIGNS: Final = {"ge": "≥ ", "le": "≤ ", "min_length": "≥ ", "max_length": "≤ "}


def settings_page() -> str:
    rows = [
        (f"`{PREFIX}{name.upper()}`", _form(field), _default(field), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return f"""# Settings
{_MADE}
Read once at the start from the environment and from `{FILE}` in the data folder (`NAME=value` lines, `#` comments);
the environment wins. An unknown, missing or ill-formed name stops the start with exit code 78 and is named, with the
nearest known name. {" and ".join(f"`{name}`" for name in sorted(BOOTSTRAP))} belong to the start script.

{_table(("setting", "form", "default", "meaning"), rows)}"""


def metrics_page(metrics: Iterable[Metric] = METRICS) -> str:
    rows = [
        (f"`{metric.name}`", metric.kind, ", ".join(f"`{label}`" for label in metric.labels) or "–", metric.help)
        for metric in sorted(metrics, key=lambda metric: metric.name)
    ]
    return f"""# Metrics
{_MADE}
Each role answers `/metrics` in the Prometheus text format on a loopback port of its own: `YUNPING_METRICS_PORT` for
web, and the next five for gateway, worker, guard, tv-out and live-in. Units are in the names. A role serves
the lines it counts; what is not in this table cannot be counted.

{_table(("metric", "kind", "labels", "what it counts"), rows)}"""


def log_fields_page() -> str:
    always = [(f"`{name}`", meaning) for name, meaning in ALWAYS.items()]
    bound = [(f"`{name}`", meaning) for name, meaning in sorted(BOUND.items())]
    return f"""# Log fields
{_MADE}
Every process writes one JSON object a line to standard error (`YUNPING_LOG_JSON=false`: text for people). A field whose
name looks like a secret (password, token, cookie, …) is masked, whoever logs it and however deep it lies.

## In every line

{_table(("field", "meaning"), always)}
## Where an event has them

{_table(("field", "meaning"), bound)}"""


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "settings.md": settings_page,
    "metrics.md": metrics_page,
    "log-fields.md": log_fields_page,
}


def write(folder: Path = DOCS) -> None:
    for name, made in PAGES.items():
        (folder / name).write_text(made(), "utf-8")
    glossary = folder / "glossary.md"
    glossary.write_text(with_states(glossary.read_text("utf-8")), "utf-8")


def _form(field: FieldInfo) -> str:
    bounds = [
        _SIGNS[rule] + str(getattr(found, rule))
        for found in field.metadata
        for kind, rule in _RULES.items()
        if isinstance(found, kind)
    ]
    patterns = [f"`{found.pattern}`" for found in field.metadata if getattr(found, "pattern", None)]
    return ", ".join([_kind(field.annotation), *bounds, *patterns])


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " / ".join(f"`{value}`" for value in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "list, by commas"
    if get_origin(annotation) in {types.UnionType, Union}:
        return _kind(next(one for one in get_args(annotation) if one is not types.NoneType))
    return _KINDS[annotation]


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "–" if value in {None, "", ()} else f"`{value}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    write()
