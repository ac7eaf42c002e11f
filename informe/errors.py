"""The error that a user can correct."""


class InformeError(Exception):
    """A command cannot do what was asked; the message says why, and the cure."""
