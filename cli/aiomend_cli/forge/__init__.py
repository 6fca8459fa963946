"""Branches, commits and pull requests, with the user's own work tree left alone."""
