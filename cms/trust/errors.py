"""The one error of the trust core: a code a test, a player and a message catalogue can all name."""


class TrustError(Exception):
    """Something that arrived is not to be trusted.

    `code` is `trust.<what>` and the same in Python, JavaScript and the test vectors; `params` say
    where, for the log and the message (`error.<code>` in the catalogues).
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code} ({told})" if told else self.code
