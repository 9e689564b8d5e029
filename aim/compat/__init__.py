"""Other tools' spellings of what Aim does."""
