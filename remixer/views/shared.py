"""How long the lists of remixing are."""

PAGE = 24  # tiles or rows
