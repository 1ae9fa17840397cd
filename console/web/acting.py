"""Who acts, on the pages: a cookie of this site remembers it."""

ACTS_AS = "zeren_user"
"""Its name."""
