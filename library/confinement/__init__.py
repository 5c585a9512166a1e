"""What the launcher does before it becomes the program: see library.sandbox.

It is imported at each start of a program, so it imports as little of Python's library as it can:
without typing, contextlib, pathlib, json and signal it takes half the time.
"""
