"""`python -m offset.programs.stmgr`."""

import sys

from offset.programs.stmgr import main

sys.exit(main())
