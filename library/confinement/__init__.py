"""What the launcher does before it becomes the program: see library.sandbox."""
