"""Adapters: they listen to a framework and record with aim.sdk. CONTRIBUTING.md says how to add one."""
