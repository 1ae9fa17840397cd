"""What touches the world on behalf of a workflow: append, load, look up, answer, alarm."""
