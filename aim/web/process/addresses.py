"""The addresses that are printed and opened."""

from __future__ import annotations

from urllib.parse import quote

__all__ = ["make_url", "with_token"]


def make_url(host: str, port: int, *, base_path: str = "", token: str | None = None) -> str:
    """The address to open.

    Args:
        host: What is listened at.
        port: Of the socket.
        base_path: In normal form.
        token: To be part of the address.
    """
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)
    return with_token(f"http://{name}:{port}{base_path}/", token)


def with_token(url: str, token: str | None) -> str:
    """An address without a token, with one."""
    return f"{url}?token={quote(token, safe='')}" if token else url
