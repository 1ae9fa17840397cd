"""What an inspection office needs: one file, which runs alone."""
