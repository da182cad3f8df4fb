"""The one error of the trust core."""


class TrustError(Exception):
    """Something is not to be trusted: `code` is the same in Python, JavaScript and the test vectors.

    `params` fill the sentence `error.<code>` of the message catalogue.
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code} ({told})" if told else self.code
