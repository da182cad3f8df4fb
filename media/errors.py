"""The one error this package raises on purpose: a refusal with a code a person can act on."""


class MediaRefused(Exception):
    """A file or an operation was refused.

    Attributes:
        code: stable `media.…` code; its sentence and next step stand in `media/messages/`.
        params: values the sentence shows; strings and integers only.
    """

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        """Code and parameters, for logs."""
        shown = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code}({shown})" if shown else self.code
