"""``aiomend fix --interactive``: a person says yes or no to each fix, with one key."""
