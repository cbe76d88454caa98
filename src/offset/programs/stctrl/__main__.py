"""`python -m offset.programs.stctrl`."""

import sys

from offset.programs.stctrl import main

sys.exit(main())
