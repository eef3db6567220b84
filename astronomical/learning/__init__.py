"""Models, query strategies, rounds and scores, as pure functions of the labels."""
