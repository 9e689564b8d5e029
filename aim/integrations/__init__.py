"""Adapters: they listen to a framework and tell aim.sdk."""
