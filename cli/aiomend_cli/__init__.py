"""The application around the aiomend library: the command line and all that touches the world."""
