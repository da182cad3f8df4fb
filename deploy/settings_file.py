"""The settings file: names and values, line by line."""

from pathlib import Path


def read_settings(path: Path, *, misplaced: str) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """The names and values of the file, and what in it is no setting; `misplaced` names where it lies."""
    if not path.is_file():
        return {}, []
    found: dict[str, str] = {}
    problems: list[tuple[str, str, str]] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        name, sign, value = (part.strip() for part in line.partition("="))
        if (not name and not sign) or name.startswith("#"):
            continue
        if not sign or not name:
            problems.append((f"{path}:{number}", "settings.line", line.strip()))
        elif name == misplaced:
            # The file lies in the folder it would name: whoever reads it here would look for the data elsewhere.
            problems.append((name, "settings.misplaced", str(path)))
        elif name in found:
            problems.append((name, "settings.twice", str(path)))
        else:
            found[name] = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    return found, problems
