"""Acts that are tried by everybody, by what they are about."""
