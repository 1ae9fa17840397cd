"""The command line: `zeren`. Each command is a thin hand on the desk; what it prints is the desk's answer."""
