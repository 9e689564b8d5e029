"""What a repo is made of: where things lie, how its files are opened, which processes are at work in it."""
