"""What any selection of fixes makes of the files, known from a few runs of the engine."""
