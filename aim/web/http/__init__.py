"""HTTP without a subject: answers, errors, who is let in, limits, static files."""
