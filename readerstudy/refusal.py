"""A request that the rules refuse. The message is the sentence shown to the user."""


class Refused(Exception):
    """``Refused("The study is closed: ask the coordinator to open it again.", status=409)``"""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status  # the HTTP status an API answers with
