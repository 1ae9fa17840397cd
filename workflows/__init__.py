"""How a case moves and waits. Temporal only; all durable timers are here."""
