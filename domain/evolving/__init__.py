"""What each event does to a case, by subject. ``domain/evolve.py`` puts the tables together."""
