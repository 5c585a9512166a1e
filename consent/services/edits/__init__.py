"""Edits, a module for each thing one can do with them. `items` and `chunks` are their rows."""
