"""What a case is and who answers for it. Pure: no I/O, no clock, no Temporal, no module state."""
