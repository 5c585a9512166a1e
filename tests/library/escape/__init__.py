"""A program that tries to get out, and what starts it."""
