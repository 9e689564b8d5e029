"""What training code calls (Session, Run) and what reads back (Repo)."""
