"""The console over HTTP: the API, the pages, and the guard in front of both."""
