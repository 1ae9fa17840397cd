"""Evidence (存证): what shows that the ledger was tampered with, also to somebody who does not trust its keeper.

    rows, once committed ─▶ sequence ─▶ leaves of one tree ─▶ checkpoint: size and root, signed ─▶ mailed, printed
                                             │                                                        │
                                             └── verify: rows against leaves, leaves against checkpoints ◀┘

What it shows and what not: docs/evidence.md.
"""
