"""Pull requests for many repositories, one after the other."""
