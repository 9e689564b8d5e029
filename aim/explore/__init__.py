"""Answers about a repo, without HTTP: for the web server, apps and notebooks."""
