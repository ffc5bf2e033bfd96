"""``{% load said %}``: ``{{ problem|said }}`` and ``{{ diagnosis|named }}``, in the reader's language."""

from readerstudy.said import register

__all__ = ["register"]
