"""What a program does when it runs: recorded, told to people, and used as evidence."""
