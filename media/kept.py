"""What an encode has finished already, held by whoever runs it: asked for at the begin, told of each stretch."""

import contextlib
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol


class Kept(Protocol):
    """Where finished parts of one encode lie. Parts are named by what they are and are of one house."""

    async def begin(self, house: str) -> Collection[str]:
        """The names of the parts that are there of this source and this house."""
        ...

    def opened(self, name: str) -> AbstractAsyncContextManager[Path | None]:
        """One of them as a file; None when it is gone after all."""
        ...

    async def keep(self, parts: Mapping[str, Path]) -> None:
        """Keeps these parts, all or none. Whatever it raises ends the encode: the work may be somebody else's now."""
        ...

    async def small_first(self) -> bool:
        """Whether somebody waits behind this encode, so that its smallest picture is made before the others."""
        ...

    async def watchable(self, film: Path) -> None:
        """Takes all of it in the smallest picture, to be watched until the rest is made. May raise as `keep`."""
        ...


class Nothing:
    """Keeps nothing: an encode that is broken off begins anew."""

    async def begin(self, house: str) -> Collection[str]:
        del house
        return ()

    @contextlib.asynccontextmanager
    async def opened(self, name: str) -> AsyncIterator[Path | None]:
        del name
        yield None

    async def keep(self, parts: Mapping[str, Path]) -> None:
        del parts

    async def small_first(self) -> bool:
        return False

    async def watchable(self, film: Path) -> None:
        del film
