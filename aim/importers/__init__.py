"""Importers: they read other tools' files and tell aim.sdk."""
