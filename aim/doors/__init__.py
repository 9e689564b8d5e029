"""Doors: endpoints that take in what other tools' clients send."""
