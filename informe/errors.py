"""The error that a person can mend."""


class InformeError(Exception):
    """A command cannot do what was asked; the message says why, and the cure."""
