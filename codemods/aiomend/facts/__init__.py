"""What the code is: everything a rule may ask, answered on the standard library's `ast`."""
