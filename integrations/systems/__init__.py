"""One folder per vendor system; `registry` finds them."""
