"""A folder a section of the book: its checks of *your turn*, and the modules that only its notebooks call."""
