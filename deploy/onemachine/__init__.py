"""Zeren on one machine: PostgreSQL, Temporal, a worker and the console as four children of one supervisor.

```
zeren up ── supervisor ──┬── postgres   Unix socket in a 0700 folder, no TCP, passwords
                         ├── temporal   127.0.0.1 only, SQLite beside the data
                         ├── worker
                         └── console    http://127.0.0.1:8400
```
"""
