"""The web app: public API and the UI."""
