"""What the guard refuses, with a code and the parameters of its sentence."""


class GuardRefused(Exception):
    """The guard says no. `code` is `guard.…`, or `trust.…` when the bytes themselves are at fault.

    It has the two attributes of the kernel's refusals without importing the kernel, so that one
    middleware can say both.
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return f"{self.code} {self.params}" if self.params else self.code
