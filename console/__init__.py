"""The internal tool: the desk, and its three surfaces, which are the commands, the HTTP API and the pages."""
