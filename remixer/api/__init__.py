"""Memes in the API: templates, memes, and what others made from your videos."""
