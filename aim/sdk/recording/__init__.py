"""What training code calls. Needs the standard library only."""
