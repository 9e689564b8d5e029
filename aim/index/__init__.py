"""The derived SQL tables: catching up, codecs, reduction. A cache; may be deleted at any time."""
