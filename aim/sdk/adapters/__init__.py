"""Paths of Aim 3 for the adapters: ``from aim.sdk.adapters.keras import AimCallback``. They are aim.keras and so on."""
