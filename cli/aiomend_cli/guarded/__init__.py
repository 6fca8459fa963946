"""Fixes that a project's own tests have the last word on."""
