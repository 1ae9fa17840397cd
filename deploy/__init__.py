"""The ways to run Zeren: one machine (embedded servers), and the first data for Wuchang."""
