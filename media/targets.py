"""Where finished files go: a local folder (durable rename) or an S3 bucket (one atomic put)."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from media.durable import DurableFolder, Staged
from media.errors import MediaRefused
from media.threads import in_thread

_RETRY_FOR: Final = timedelta(seconds=30)  # a longer silence must reach the editor as a refusal
_PART_BYTES: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class S3Options:
    """How to reach an S3 service; filled from settings, never from the environment.

    Attributes:
        endpoint: URL without bucket; None is the provider's default for the region.
        allow_http: plain HTTP to the endpoint; for loopback and tests.
        path_style: bucket in the path instead of the host name.
    """

    region: str
    key: str
    secret: str = field(repr=False)
    endpoint: str | None = None
    allow_http: bool = False
    path_style: bool = True


class Target(Protocol):
    """The writing half of a store; reading is obstore's for every kind."""

    objects: ObjectStore

    async def publish(self, staged: Staged, key: str, *, media_type: str) -> None:
        """Make a staged file visible under `key`, replacing what is there."""

    async def write(self, key: str, data: bytes, *, replace: bool) -> None:
        """Write a small object; `media.name_taken` when it exists and may not be replaced."""

    async def remove(self, key: str) -> None:
        """Delete; a missing object is fine."""

    def path(self, key: str) -> Path | None:
        """The local path of a key, None where there is none."""


class LocalTarget:
    """A folder on this machine."""

    def __init__(self, folder: DurableFolder) -> None:
        self._folder = folder
        self.objects: ObjectStore = LocalStore(folder.root)

    async def publish(self, staged: Staged, key: str, *, media_type: str) -> None:  # noqa: ARG002 - files carry no type
        await in_thread(self._folder.publish, staged, key)

    async def write(self, key: str, data: bytes, *, replace: bool) -> None:
        await in_thread(self._write, key, data, replace=replace)

    async def remove(self, key: str) -> None:
        await in_thread(self._folder.remove, key)

    def path(self, key: str) -> Path | None:
        return self._folder.path(key)

    def _write(self, key: str, data: bytes, *, replace: bool) -> None:
        # No reserve: the recall index must still be writable when uploads are refused.
        staged = self._folder.stage(reserve=0)
        try:
            staged.write(data)
            self._folder.publish(staged, key, replace=replace)
        finally:
            staged.discard()


class S3Target:
    """A bucket, optionally below a prefix."""

    def __init__(self, bucket: str, prefix: str, options: S3Options) -> None:
        self.objects: ObjectStore = S3Store(
            bucket,
            prefix=prefix or None,
            config={
                "region": options.region,
                "access_key_id": options.key,
                "secret_access_key": options.secret,
                "virtual_hosted_style_request": not options.path_style,
                **({"endpoint": options.endpoint} if options.endpoint else {}),
            },
            client_options={"allow_http": options.allow_http},
            retry_config={"retry_timeout": _RETRY_FOR},
        )

    async def publish(self, staged: Staged, key: str, *, media_type: str) -> None:
        with refused_by_store():
            await obstore.put_async(
                self.objects,
                key,
                staged.path,
                attributes={"Content-Type": media_type},
                chunk_size=_PART_BYTES,
                max_concurrency=4,
            )

    async def write(self, key: str, data: bytes, *, replace: bool) -> None:
        with refused_by_store():
            await obstore.put_async(self.objects, key, data, mode="overwrite" if replace else "create")

    async def remove(self, key: str) -> None:
        with refused_by_store(), contextlib.suppress(FileNotFoundError):
            await self.objects.delete_async(key)

    def path(self, key: str) -> Path | None:  # noqa: ARG002 - a bucket has no paths
        return None


@contextlib.contextmanager
def refused_by_store(**params: str | int) -> Iterator[None]:
    """Turn obstore's errors into `media.not_found`, `media.name_taken` or `media.store_failed`."""
    try:
        yield
    except FileNotFoundError as error:
        raise MediaRefused("media.not_found", **params) from error
    except AlreadyExistsError as error:
        raise MediaRefused("media.name_taken", **params) from error
    except (BaseError, OSError) as error:
        # The text may hold an endpoint or a key id; the class name is enough to act on.
        raise MediaRefused("media.store_failed", reason=type(error).__name__) from error
