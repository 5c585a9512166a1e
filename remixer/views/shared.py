"""What the lists of remixing share."""

PAGE_SIZE = 24
