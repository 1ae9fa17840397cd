"""`python -m console` runs the console."""

from console.web.serve import main

main()
